"""Devices that report by themselves, to be checked: kiosks, displays, and all of workstations.

Nothing of this machine can look at one; its check is what the list of devices says of it now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hub.operations.devices.listing import shown_devices
from hub.ports import Clock
from hub.rules.devices.health import DeviceFinding
from hub.rules.devices.reading import DISPLAY, KIOSK
from hub.rules.edge.protocol import AGENT_ITSELF
from hub.store.devices.states import KeptState
from hub.store.engine.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDevice:
    """One of them."""

    name: str
    kind: str
    place: str
    store: Store
    clock: Clock

    def check(self) -> Sequence[DeviceFinding]:
        """Return what the hub has last heard to be wrong with it."""
        found = {it.device: it for it in _reporting(self.store, self.clock)}
        kept = found.get(self.name)
        return kept.findings if kept else [DeviceFinding("not_checked")]


def reported_devices(
    store: Store, clock: Clock, *, without: Collection[str] = ()
) -> list[ReportedDevice]:
    """Return the devices of which the hub hears, by their names, but for those of `without`."""
    return [
        ReportedDevice(name=it.device, kind=it.kind, place=it.place, store=store, clock=clock)
        for it in _reporting(store, clock)
        if it.device not in without
    ]


def _reporting(store: Store, clock: Clock) -> list[KeptState]:
    with store.read() as tx:
        known = shown_devices(tx, now=clock())
    agents = tuple(f"{it.device}." for it in known if it.kind == AGENT_ITSELF)
    kinds = (KIOSK, DISPLAY, AGENT_ITSELF)
    return [it for it in known if it.kind in kinds or it.device.startswith(agents)]
