"""The agent put together: sources that fill the spool, and what empties it."""

from collections.abc import Sequence

from hub.edge.hosting import HostedSource
from hub.edge.line import HubLine
from hub.edge.numbers import NumberKeeping, ReservedNumbers
from hub.edge.reports import Heartbeats
from hub.edge.sending.events import EventSender
from hub.edge.sending.roles import LineState
from hub.edge.sending.uploads import FileUploader
from hub.edge.spool.spool import Spool
from hub.ports import Source
from hub.ports.devices import Device
from hub.runtime.role import Role


class Agent:
    """One workstation's agent; `start` makes it work, `stop` ends it and loses nothing."""

    def __init__(
        self,
        spool: Spool,
        line: HubLine,
        *,
        sources: Sequence[Source] = (),
        devices: Sequence[Device] = (),
        holds_numbers: bool = False,
    ) -> None:
        state = LineState()
        self.spool = spool
        self.sender = EventSender(spool, line, state)
        self.uploader = FileUploader(spool, line, state, sender=self.sender)
        spool.on_accept = self._wake
        hosted = [HostedSource(it, spool) for it in sources]
        numbers = ReservedNumbers(spool.database) if holds_numbers else None
        self.heartbeats = Heartbeats(
            spool, line, state, devices=devices, sources=hosted, numbers=numbers
        )
        self.roles: list[Role] = [*hosted, self.heartbeats, self.uploader, self.sender]
        if numbers is not None:
            self.roles.append(NumberKeeping(numbers, line, state))

    def start(self) -> None:
        """Start every part."""
        self.spool.files.remove_leftovers()
        for role in reversed(self.roles):
            role.start()

    def stop(self) -> None:
        """Stop every part, the sources first; what is under way is finished or sent again later."""
        for role in self.roles:
            role.request_stop()
        for role in self.roles:
            role.stop()
        self.spool.close()

    def _wake(self) -> None:
        self.sender.wakeup.wake()
        self.uploader.wakeup.wake()
