"""What an agent reports: itself and its devices become devices of the hub, with their findings.

Alerts, overview, metrics and the page of the devices then have them. A code that this hub does not
know, of a newer agent, is shown as a finding with its name.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import structs

from hub.rules.devices.health import CODES, DeviceFinding
from hub.rules.edge import copies, sequence
from hub.rules.edge.protocol import AGENT_ITSELF, EdgeFinding, EdgeHeartbeat
from hub.store.devices import states
from hub.store.edge import agents, sequences
from hub.store.edge.agents import KeptAgent
from hub.store.engine.store import Tx
from hub.texts import both

CLOCK_WRONG_FROM = timedelta(seconds=60)
"""Times of scans are compared with those of other machines to the minute."""


def heartbeat(tx: Tx, agent: str, report: EdgeHeartbeat, *, now: datetime) -> None:
    """Store a report. A device that the agent was not enrolled with is a finding, and no device."""
    if report.oldest_at is not None and report.oldest_at > now:
        report = structs.replace(report, oldest_at=now)  # a wrong clock; its skew tells that
    agents.heard(tx, agent, report, now=now)
    known = agents.find(tx, agent)
    enrolled = _enrolled(tx, agent, known, report)
    found = list(_of_agent(tx, agent, known, report))
    if new := sorted({it.name for it in report.devices} - enrolled):
        found.append(DeviceFinding("agent_device_new", ", ".join(new)[:200]))
    states.keep(tx, agent, kind=AGENT_ITSELF, place=_summary(report), findings=found, now=now)
    devices = {it.name: it for it in report.devices if it.name in enrolled}
    states.forget_devices_of(tx, agent, besides=[f"{agent}.{name}" for name in devices])
    for device in devices.values():
        states.keep(
            tx,
            f"{agent}.{device.name}",
            kind=device.kind,
            place=device.place,
            findings=[_finding(it) for it in device.findings],
            now=now,
        )


def _enrolled(tx: Tx, agent: str, known: KeptAgent | None, report: EdgeHeartbeat) -> frozenset[str]:
    """Return the devices that an agent may have.

    One that was enrolled without naming any has those of its first report.
    """
    if known is not None and known.devices is not None:
        return known.devices
    first = frozenset(it.name for it in report.devices)
    if first:
        agents.keep_devices(tx, agent, first)
    return first


def _summary(report: EdgeHeartbeat) -> str:
    """Return what the spool holds and for how long its room lasts, in both languages."""
    days = "?" if report.room_days is None else report.room_days
    return both("edge.summary", waiting=report.waiting, days=days).stored()


def _of_agent(
    tx: Tx, agent: str, known: KeptAgent | None, report: EdgeHeartbeat
) -> Iterator[DeviceFinding]:
    yield from (_finding(it) for it in report.findings)
    skew = timedelta(milliseconds=report.skew_ms)
    if abs(skew) >= CLOCK_WRONG_FROM:
        yield DeviceFinding("agent_clock_wrong", f"{-skew / timedelta(seconds=1):+.0f} s")
    if report.refused:
        yield DeviceFinding("agent_events_refused", str(report.refused))
    if known is not None and known.copied:
        yield DeviceFinding(copies.CODE, copies.described(known.copied))
    kept = sequences.of_agent(tx, agent)
    if others := {it.spool for it in kept} - {report.spool}:
        yield DeviceFinding("agent_spool_replaced", ", ".join(sorted(it[:8] for it in others)))
    for it in kept:
        if it.progress.missing:
            shown = sequence.described(it.progress)
            yield DeviceFinding("agent_gap", f"{it.device}: {shown}"[:200])


def _finding(it: EdgeFinding) -> DeviceFinding:
    if it.code in CODES:
        return DeviceFinding(it.code, it.evidence)
    return DeviceFinding("check_failed", f"{it.code}: {it.evidence}"[:200])
