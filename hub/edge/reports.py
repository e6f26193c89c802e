"""The agent's heartbeat: version, spool, clock and devices, every half minute."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from hub import __version__
from hub.edge.hosting import HostedSource
from hub.edge.line import CallRefused, HubLine
from hub.edge.numbers import ReservedNumbers, ward_day
from hub.edge.printing.jobs import PrintJobs
from hub.edge.sending.roles import CallingRole, LineState
from hub.edge.spool.spool import Spool, SpoolState
from hub.ports.devices import Device
from hub.rules.devices.health import DeviceFinding
from hub.rules.edge import protocol
from hub.rules.edge.protocol import (
    MOST_DEVICES,
    MOST_SKEW_MS,
    EdgeDevice,
    EdgeFinding,
    EdgeHeartbeat,
    HeartbeatTaken,
)
from hub.runtime.device_checks import DeviceChecks

EVERY = 30.0
"""Seconds."""
LONGEST_EVIDENCE = 200
_MILLISECOND = timedelta(milliseconds=1)


class Heartbeats(CallingRole):
    """Checks the devices and reports."""

    name = "edge.heartbeat"
    idle = EVERY

    def __init__(
        self,
        spool: Spool,
        line: HubLine,
        state: LineState,
        *,
        devices: Sequence[Device] = (),
        sources: Sequence[HostedSource] = (),
        numbers: ReservedNumbers | None = None,
    ) -> None:
        """`numbers`: where the agent holds reception numbers."""
        super().__init__(line, state)
        self.spool = spool
        self.devices = devices
        self.sources = {it.source.name: it for it in sources}
        self.numbers = numbers
        self.is_moved = False
        """The directory is not where the agent was enrolled."""
        self._checks = DeviceChecks()

    def run_once(self) -> bool:
        """Report once."""
        report = self.report()
        try:
            self.line.request(protocol.HEARTBEAT, report, HeartbeatTaken)
        except CallRefused:
            return False  # the next one says it again
        self.spool.files.remove_unneeded()
        return False

    def report(self) -> EdgeHeartbeat:
        """Return how the agent is now."""
        state = self.spool.state()
        oldest = None if state.oldest is None else datetime.fromtimestamp(state.oldest, UTC)
        return EdgeHeartbeat(
            version=__version__,
            spool=self.spool.id,
            waiting=state.waiting,
            refused=state.refused,
            oldest_at=oldest,
            used_bytes=max(0, state.room.used),
            budget_bytes=state.room.budget,
            room_days=state.days,
            skew_ms=max(-MOST_SKEW_MS, min(MOST_SKEW_MS, self.line.skew // _MILLISECOND)),
            findings=list(self._own_findings(state)),
            devices=[self._device(it) for it in self.devices[:MOST_DEVICES]],
            papers=len(PrintJobs(self.spool.database).open_ids()),
        )

    def _own_findings(self, state: SpoolState) -> Iterator[EdgeFinding]:
        room = state.room
        shown = f"{room.used // 2**20} MB / {room.budget // 2**20} MB"
        if not room.accepts(0):
            yield EdgeFinding(code="agent_spool_full", evidence=shown)
        elif room.is_nearly_full:
            yield EdgeFinding(code="agent_spool_nearly_full", evidence=shown)
        if self.is_moved:
            yield EdgeFinding(code="agent_moved", evidence=str(self.spool.directory)[-200:])
        if self.numbers is not None and not self.numbers.left(ward_day(datetime.now(UTC))):
            yield EdgeFinding(code="agent_numbers_out")

    def _device(self, device: Device) -> EdgeDevice:
        findings = [*self._checks.check(device)]
        source = self.sources.get(device.name)
        if not findings and source is not None and source.trouble:
            findings.append(DeviceFinding("source_troubled", source.trouble))
        self.beat()
        return EdgeDevice(
            name=device.name,
            kind=device.kind,
            place=device.place[:LONGEST_EVIDENCE],
            findings=[
                EdgeFinding(code=it.code, evidence=it.evidence[:LONGEST_EVIDENCE])
                for it in findings[:20]
            ],
        )
