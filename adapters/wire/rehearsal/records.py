"""What a rehearsal hears and what it says of it, as frozen records.

Nothing here holds a session, a password or a value of a dossier: a finding is read and signed by
people, and kept.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from adapters.wire.login.login_end import LoginEnd
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import Reply
from hub.ports import Answer, Drift
from hub.rules.failures.errors import DeliveryFailure
from hub.texts import Text


class Mark(StrEnum):
    """Whether a person has to do something."""

    OK = "ok"
    ATTENTION = "attention"
    SKIPPED = "skipped"
    """Not tried, because an earlier step failed."""


@dataclass(frozen=True, slots=True)
class RehearsalFinding:
    """One line of the protocol."""

    step: str
    """One of `words.STEPS`."""
    mark: Mark
    text: Text
    stops: bool = False
    """Without it no exchange is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardReply:
    """What one call came to."""

    operation: str
    """The partner's name of it."""
    reply: Reply | None = None
    """None: there was none."""
    failure: DeliveryFailure | None = None
    """As the hub would end a delivery; None: the hub understands the reply."""
    means: Means | None = None
    code: str = ""
    message: str = field(default="", repr=False)
    end: LoginEnd | None = None
    """That the login is over."""
    token: str = field(default="", repr=False)
    """Of a login."""
    shown: "Shown | None" = field(default=None, repr=False)
    """Of a look-up that shows a dossier."""
    names: bool = False
    """Of a call that changes something: the reply names the dossier of the call."""
    duration: timedelta = timedelta()
    drift: tuple[Drift, ...] = ()
    ahead: timedelta | None = None
    """By how much the partner's clock is ahead, None where the reply has no time."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a look-up shows of the test dossier, in the partner's names."""

    fields: "tuple[Pair, ...]"
    """Each field that was sent, as it came back."""
    steps: "tuple[tuple[int, tuple[Pair, ...]], ...]" = ()
    """The steps that are shown, in their order there: which of ours each is, and its fields."""
    unknown_steps: int = 0
    """Steps that are none of ours."""


class PairKind(StrEnum):
    """How a field is compared."""

    TEXT = "text"
    TIME = "time"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Pair:
    """One field: what was sent, and what came back."""

    name: str
    kind: PairKind
    sent: str = field(repr=False)
    back: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A made-up dossier that is registered for real; every value of a person is impossible."""

    number: str
    procedure: str
    procedure_name: str
    sector: str
    sector_name: str
    unit: str
    now: datetime


class RehearsedPartner(Protocol):
    """What the steps need of one partner under one profile; used by one thread.

    Every call is made once, is timed, and raises nothing: its failure stands in what it said.
    """

    profile: Profile
    addresses: dict[str, str]
    """Operation -> its whole address."""
    absent: str
    """Number of a dossier that cannot be there."""
    reply_timeout: timedelta
    wires: Any
    """The connections, see `adapters.wire.connections.hosts.HostConnections`."""
    steps: int
    """How many steps the test dossier gets, 0 where the partner takes none."""

    def log_in(self) -> HeardReply:
        """Ask for a login of its own."""

    def look_up(self, number: str, token: str) -> HeardReply:
        """Ask for a dossier."""

    def pings(self, token: str) -> list[HeardReply]:
        """Make the harmless calls that are neither login nor look-up."""

    def begin(self, test: Test) -> None:
        """Build the requests of the test dossier; `register`, `add_step`, `find` are about it."""

    def register(self, token: str) -> HeardReply:
        """Send the dossier, each time with the same bytes."""

    def add_step(self, index: int, token: str) -> HeardReply:
        """Send one of the steps, from 0 on."""

    def again(self, heard: HeardReply) -> HeardReply:
        """Read a reply anew, under this partner's profile."""

    def find(self, done: tuple[int, ...]) -> "dict[str, Answer | DeliveryFailure]":
        """Ask as the hub asks after an unknown effect: for the dossier, and each of these steps."""

    def close(self) -> None:
        """Close the connections."""
