"""All printers of the counter as one destination: those of the hub, and those of workstations."""

import math
from collections.abc import Mapping
from datetime import timedelta

from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import PaperToPrint, Payload
from hub.ports import Answer, Destination, Question, Receipt, Request


class CounterPrinters:
    """Gives each paper to the destination that has its printer."""

    name = catalog.DEVICES

    def __init__(self, own: Destination, hosted: Destination, *, agents: Mapping[str, str]) -> None:
        """`agents`: by the name of each printer that is not the hub's own, its agent."""
        self._own, self._hosted, self._agents = own, hosted, agents
        self.traits = own.traits

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return what is printed; raises PermanentFailure for a printer that is not there."""
        printer = payload.printer if isinstance(payload, PaperToPrint) else ""
        return self._of(printer).prepare(message, payload)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Print once; raises only the failures of rules.errors."""
        return self._of(request.body.printer).send(request, not_after=not_after)

    def question(self, request: Request) -> Question:
        """Return what `find` asks."""
        return self._of(request.body.printer).question(request)

    def find(self, request: Request) -> Answer:
        """Ask what became of a paper, see `Destination.find`."""
        return self._of(request.body.printer).find(request)

    def ping(self) -> timedelta | None:
        """Check that a printer of the hub answers."""
        return self._own.ping()

    def close(self) -> None:
        """Give back connections."""
        self._own.close()
        self._hosted.close()

    def _of(self, printer: str) -> Destination:
        return self._hosted if printer in self._agents else self._own
