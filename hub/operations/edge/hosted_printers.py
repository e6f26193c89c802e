"""A printer of the hub's file that an agent on a workstation hosts: what keeps it from printing."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from hub.ports import Clock
from hub.rules.devices.health import DeviceFinding
from hub.rules.devices.reading import PRINTER
from hub.store.devices import states
from hub.store.edge import agents
from hub.store.engine.store import Store, Tx


def finding(tx: Tx, agent: str, printer: str, *, now: datetime) -> DeviceFinding | None:
    """Return why a printer cannot be reached by its agent, None where it can."""
    known = agents.find(tx, agent)
    state = "added" if known is None else known.state_at(now)
    if known is None or state in ("added", "revoked"):
        how = "revoked" if state == "revoked" else "not enrolled"
        return DeviceFinding("printer_agent_gone", f"{agent}: {how}")
    if state == "silent":
        shown = "never" if known.heard_at is None else f"{known.heard_at:%Y-%m-%d %H:%M} UTC"
        return DeviceFinding("printer_agent_silent", f"{agent}: {shown}")
    device = states.find(tx, f"{agent}.{printer}")
    if device is None or device.kind != PRINTER:
        return DeviceFinding("printer_not_hosted", f"{agent}: {printer}")
    return None


def what_stops(tx: Tx, agent: str, printer: str, *, now: datetime) -> str:
    """Return why a printer cannot print now as far as the hub knows, "" where it may."""
    found = finding(tx, agent, printer, now=now)
    if found is not None:
        return f"{found.code} ({found.evidence})"
    device = states.find(tx, f"{agent}.{printer}")
    if device is None or device.state.works:
        return ""
    stops = [it for it in device.findings if not it.state.works]
    return ", ".join(f"{it.code} ({it.evidence})" for it in stops)


@dataclass(frozen=True, slots=True)
class HostedPrinter:
    """One such printer, as a device to check: the agent's own report is another device."""

    name: str
    agent: str
    opened: Callable[[], AbstractContextManager[Store]]
    clock: Clock
    place: str = ""
    kind: str = PRINTER

    def check(self) -> Sequence[DeviceFinding]:
        """Return what keeps the hub from reaching the printer."""
        with self.opened() as store, store.read() as tx:
            found = finding(tx, self.agent, self.name, now=self.clock())
        return [] if found is None else [found]
