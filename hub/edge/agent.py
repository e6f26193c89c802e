"""The agent put together: sources that fill the spool, and what empties it."""

from collections.abc import Sequence

from hub.edge.hosting import HostedSource
from hub.edge.line import HubLine
from hub.edge.numbers import NumberKeeping, ReservedNumbers
from hub.edge.printing.calls import PrintCalls
from hub.edge.printing.jobs import PrintJobs
from hub.edge.printing.printers import LocalPrinters
from hub.edge.printing.work import PrintWork
from hub.edge.reports import Heartbeats
from hub.edge.sending.events import EventSender
from hub.edge.sending.roles import LineState
from hub.edge.sending.uploads import FileUploader
from hub.edge.spool.spool import Spool
from hub.ports import Source
from hub.ports.devices import Device
from hub.runtime.role import Role, Wakeup


class Agent:
    """One workstation's agent; `start` makes it work, `stop` ends it and loses nothing."""

    def __init__(
        self,
        spool: Spool,
        line: HubLine,
        *,
        sources: Sequence[Source] = (),
        devices: Sequence[Device] = (),
        printers: LocalPrinters | None = None,
        holds_numbers: bool = False,
        is_moved: bool = False,
    ) -> None:
        """`is_moved`: the directory is not where the agent was enrolled."""
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
        self.heartbeats.is_moved = is_moved
        self.roles: list[Role] = [*hosted, self.heartbeats, self.uploader, self.sender]
        if numbers is not None:
            self.roles.append(NumberKeeping(numbers, line, state))
        self.printers = printers
        if printers is not None:
            self.roles = [*_printing(spool, line, state, printers), *self.roles]

    def start(self) -> None:
        """Start every part."""
        self.spool.files.remove_leftovers()
        for role in reversed(self.roles):
            role.start()

    def stop(self) -> None:
        """Stop every part, the sources first; what is under way is finished or sent again later."""
        for role in self.roles:
            role.request_stop()
        if self.printers is not None:
            self.printers.close()  # a job that is followed is in doubt, and asked about later
        for role in self.roles:
            role.stop()
        self.spool.close()

    def _wake(self) -> None:
        self.sender.wakeup.wake()
        self.uploader.wakeup.wake()


def _printing(
    spool: Spool, line: HubLine, state: LineState, printers: LocalPrinters
) -> tuple[Role, Role]:
    """Return what prints, and what speaks to the hub about it; each wakes the other."""
    jobs, reports = PrintJobs(spool.database), Wakeup()
    work = PrintWork(jobs, printers, reports=reports)
    calls = PrintCalls(jobs, line, state, work=work)
    calls.wakeup = reports
    return work, calls
