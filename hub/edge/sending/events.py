"""Sends spooled events in the order of their devices; lets one go only after the hub's answer."""

import msgspec

from hub.edge.line import CallRefused, HubLine
from hub.edge.sending.roles import CallingRole, LineState
from hub.edge.spool.spool import Spool, Waiting
from hub.rules.edge import protocol
from hub.rules.edge.protocol import EdgeBatch, EdgeEvent, EdgeResult, EdgeResults

TOGETHER = 100
"""Events of one call."""
BYTES = 512 * 1024
"""Bytes of one call."""


class EventSender(CallingRole):
    """The one sender of a spool: two of them would send out of order."""

    name = "edge.events"

    def __init__(self, spool: Spool, line: HubLine, state: LineState) -> None:
        super().__init__(line, state)
        self.spool = spool

    def run_once(self) -> bool:
        """Send the next events; return whether there were any."""
        waiting = self.spool.sendable(events=TOGETHER, size=BYTES)
        if waiting:
            self._send(waiting)
        return bool(waiting)

    def _send(self, waiting: list[Waiting]) -> None:
        events = [
            EdgeEvent(
                device=it.device,
                sequence=it.sequence,
                message=msgspec.Raw(self.spool.with_stored_files(it)),
            )
            for it in waiting
        ]
        batch = EdgeBatch(spool=self.spool.id, events=events)
        try:
            answer = self.line.request(protocol.EVENTS, batch, EdgeResults)
        except CallRefused as refused:
            self._refused(waiting, refused)
            return
        self._apply(waiting, answer.results)

    def _apply(self, waiting: list[Waiting], results: list[EdgeResult]) -> None:
        """Let go what the hub has; keep what it refused. An event without a result stays."""
        known = {(it.device, it.sequence): it for it in waiting}
        taken = []
        for result in results:
            event = known.get((result.device, result.sequence))
            if event is None:
                continue
            if result.outcome in (protocol.STORED, protocol.REPEAT):
                taken.append(event.place)
            elif result.outcome == protocol.REFUSED:
                why = f"{result.code} {result.where}: {result.why}"
                self.spool.refuse(event, why, file_missing=result.code == "file_missing")
        self.spool.answered(taken)

    def _refused(self, waiting: list[Waiting], refused: CallRefused) -> None:
        """Send one by one what the hub refused as a whole; a single one is kept for a person."""
        if len(waiting) == 1:
            self.spool.refuse(waiting[0], str(refused))
            return
        for event in waiting:
            self._send([event])
