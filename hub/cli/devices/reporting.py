"""Kiosks, displays and workstations among the devices of a check: what each has reported last.

No file names them, they come to the hub. Their check reads the hub's database, so before there is
one, there are none of them.
"""

from collections.abc import Sequence
from contextlib import ExitStack

from hub.bootstrap.devices.kinds import device_settings
from hub.cli.context import opened
from hub.operations.devices.reported import ReportedDevice, reported_devices
from hub.rules.devices.reading import AGENT
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.schema import revision


def reporting_devices(found: Settings, stack: ExitStack) -> Sequence[ReportedDevice]:
    """Return those that the hub knows; `stack` closes the store that their checks read."""
    try:
        revision.require_file(found.database)
    except revision.SchemaMismatch:
        return []
    # A printer of the hub's file that an agent hosts is in the list already.
    known = device_settings(found)
    hosted = {f"{it.values[AGENT]}.{it.name}" for it in known if AGENT in it.values}
    return reported_devices(stack.enter_context(opened(found)), utc_now, without=hosted)
