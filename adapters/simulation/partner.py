"""What a simulated partner is to the kit: calls in, answers out, and its words for refusing.

A simulator subclasses `Partner`; everything that goes wrong on purpose is the kit's business
(`misbehaviour`), so a simulator only describes how its partner behaves when it is well.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What of the partner's memory a look-up sees."""

    behind: float = 0.0
    """Seconds: what was done later than so long ago is not seen."""
    steps: int | None = None
    """Only the newest so many steps; None means all."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request as it came, and what a look-up of it sees."""

    method: str
    path: str
    query: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes
    look_up: LookUp = LookUp()

    def header(self, name: bytes) -> bytes:
        """Return a header field by its lower-case name, b"" when it is not there."""
        for field_name, value in self.fields:
            if field_name == name:
                return value
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back. `number` is the dossier that it speaks of, "" when of none.

    `session_over`: it refuses the call for its session or token. `raw`: what is sent in its place
    as it is, the whole reply with its head; then the line is closed.
    """

    status: int = 200
    body: bytes = b""
    content_type: bytes = b"application/json"
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    number: str = ""
    session_over: bool = False
    raw: bytes = b""


class Partner(ABC):
    """A partner that is well. All methods run in the event loop of the simulator."""

    name: str

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self.ledger = ledger
        self.faults = faults

    @abstractmethod
    def operation(self, call: Call) -> str:
        """Return the name of the operation that the call asks for, for the filter of faults."""

    @abstractmethod
    async def answer(self, call: Call) -> Answer:
        """Do what the call asks for and return the answer once the ledger has it."""

    @abstractmethod
    def refusal(self, call: Call) -> Answer:
        """Return the refusal of a call's content, in the partner's own form; nothing is done."""

    @abstractmethod
    def server_fault(self, call: Call) -> Answer:
        """Return a fault of the partner's server, in its own form; nothing is done."""

    @abstractmethod
    def unknown_code(self, call: Call) -> Answer:
        """Return a reply with a code that stands in no list of the contract; nothing is done."""

    @abstractmethod
    def expire_sessions(self) -> None:
        """End every session or token at once."""

    async def start(self) -> None:  # noqa: B027 - free to override
        """Begin what the partner does by itself; called once, when its port is open."""

    def busy(self) -> int:
        """Return how many things the partner still has to do by itself."""
        return 0

    async def stop(self) -> None:  # noqa: B027
        """End what `start` began."""
