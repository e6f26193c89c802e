"""What processes report in their heartbeats of the sources that they run, and of the rest.

A heartbeat calls the source of a device `source.<name>`. Its trouble is that of the device: alerts,
overview and metrics report it with the device, not with the process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.rules.devices.reading import device_of_source
from hub.runtime.process.processes import present
from hub.store.engine.store import Tx
from hub.store.monitoring import heartbeats

SOURCE = "source."


@dataclass(frozen=True, slots=True)
class SourceTrouble:
    """A source that does not work."""

    device: str
    cause: str
    reported_at: datetime


def source_troubles(tx: Tx, *, now: datetime, lately: timedelta) -> list[SourceTrouble]:
    """Return the sources in trouble, by heartbeats that are at most `lately` old."""
    found = []
    for row in present(heartbeats.known(tx), now):
        if now - row.beat_at > lately:
            continue
        for trouble in _of_sources(row.troubles):
            name, _, cause = trouble.removeprefix(SOURCE).partition(":")
            found.append(SourceTrouble(device_of_source(name), cause.strip(), row.beat_at))
    return found


def own_troubles(row: Any) -> list[str]:
    """Return what a heartbeat reports of its process: all but the sources of devices."""
    return [it for it in _split(row.troubles) if not it.startswith(SOURCE)]


def _of_sources(troubles: str) -> Iterable[str]:
    return (it for it in _split(troubles) if it.startswith(SOURCE))


def _split(troubles: str) -> list[str]:
    return [it for it in troubles.split("; ") if it]
