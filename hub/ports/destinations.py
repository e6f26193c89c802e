"""What the hub delivers to: a partner or a device, its calls and its answers."""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.rules.calls.traits import Traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The partner's word that it has the effect."""

    reference: str = ""
    """The partner's own id of the dossier or document, "" when it gives none."""
    already: bool = False
    """It was there before this call ("đã tồn tại")."""
    response_hash: str = ""
    """sha256 of the reply as received."""
    detail: str = ""
    differs: tuple[str, ...] = ()
    """The partner's names of fields that are not as sent: what it has went further since."""
    alike: tuple[str, ...] = ()
    """The partner's names of fields that are there, written in another way."""
    unverified: tuple[str, ...] = ()
    """sha256 of the dossier's files of which the partner says that what it pulled is not that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The partner says that it does not have the effect; see `hub.rules.deliveries.absence` for
    when it counts."""

    response_hash: str = field(default="", compare=False)


class Doubt(StrEnum):
    """Why an answer proves neither presence nor absence."""

    ALIKE = "alike"
    """Something is there that may be this one, written in another way."""
    OTHER = "other"
    """Something stands in its place that certainly differs, and may be of before or after it."""
    BEHIND = "behind"
    """The look-up lacks what the partner is known to have."""
    NOT_SHOWN = "not_shown"
    """The look-up does not show what it would be seen in: the list is not in the reply, or only a
    part of it, as the newest or the first steps."""
    NO_ANSWER = "no_answer"
    """The partner cannot be asked about it, or we failed to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Neither presence nor absence is proven."""

    why: Doubt
    differs: tuple[str, ...] = ()
    """The partner's names of the fields that are not as sent, never their values."""
    response_hash: str = field(default="", compare=False)


Answer = Receipt | Absent | Unclear
"""What `find` returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What will be sent: built without I/O, hashed as evidence before the first byte leaves."""

    operation: str
    """The partner's name of the operation, e.g. `DongBoHoSoMC`."""
    number: str
    """The dossier number that it concerns."""
    body: Any
    """Adapter's own form: bytes of an envelope, a dict for JSON."""
    digest: str
    """sha256 of the content sent, hexadecimal."""
    message_id: str = ""
    beside: tuple["Request", ...] = ()
    """For `find`: what the partner is known to have of the same dossier, in the order of the lane.
    What these explain is not this one's effect, and an answer without them proves no absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What `find` asks a partner, as evidence: not the call that it asks about."""

    operation: str
    """The partner's name of its look-up."""
    digest: str
    """sha256 of what is sent, without session or token, hexadecimal."""


class Destination(Protocol):
    """A partner or device that the hub delivers to. `send` and `find` run in several threads."""

    name: str
    traits: Traits

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the request for `message`; pure. Raises PermanentFailure (a missing mapping)."""

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Make exactly one call. Raises only the failures of rules.errors.

        `not_after`: the time by `time.monotonic` after which the first byte of the call must not
        leave (NotAttempted `claim_late`): another process may have taken the delivery over.

        "Already exists" is a receipt with `already`, after comparing what the partner holds;
        PermanentFailure `partner_conflict` when that differs.
        """

    def question(self, request: Request) -> Question:
        """Return what `find` asks about `request`; pure."""

    def find(self, request: Request) -> Answer:
        """Ask whether the effect of `request` is there; safe any number of times.

        Absent only where what is there is something else in every reading.

        Raises TransientFailure when the partner cannot be asked now.
        """

    def ping(self) -> timedelta | None:
        """Check that the partner answers; raises DeliveryFailure.

        Returns by how much the partner's clock is ahead of ours, None where its answer does not
        tell.
        """

    def close(self) -> None:
        """Give back connections; afterwards the destination is not used."""
