"""The devices as a person reads them: a device that is not checked any more is not called well."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub.operations.devices.watching import CHECK_EVERY
from hub.rules.devices.health import DeviceFinding, state_of
from hub.store.devices import states
from hub.store.devices.states import KeptState
from hub.store.engine.store import Tx

OVERDUE = 10 * CHECK_EVERY
"""Without a check for so long, the process that checks a device is away, or its check hangs."""


def shown_devices(tx: Tx, *, now: datetime) -> Sequence[KeptState]:
    """Return every device; one without a lately check has that as its finding."""
    return [_shown(it, now - it.checked_at) for it in states.listing(tx)]


def _shown(it: KeptState, age: timedelta) -> KeptState:
    if age <= OVERDUE:
        return it
    findings = (DeviceFinding("not_checked", f"{age // timedelta(minutes=1)} min"),)
    return replace(it, state=state_of(findings), findings=findings, since=it.checked_at)
