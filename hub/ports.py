"""The contracts between the hub and everything outside it.

Destinations and sources are written by adapters, brokers by hub/broker; flow uses all of them
through these protocols only. Each has one contract suite under tests/contract.
"""

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import Payload
from hub.rules.traits import Traits

# --- destinations: what the hub delivers to -------------------------------------------------------

latest_first_byte: ContextVar[float] = ContextVar("latest_first_byte", default=math.inf)
"""By `time.monotonic`: when the claim of the call under way is over. Whoever sends looks at it just
before the first byte: a process that stood still in between must not send what somebody else may
have taken over meanwhile."""


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
    """The partner says that it does not have the effect; see `hub.rules.absence` for when it
    counts."""

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
    """The look-up shows only the newest steps, and this one is older."""
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

    def send(self, request: Request) -> Receipt:
        """Make exactly one call. Raises only the failures of rules.errors.

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


# --- drift: how a partner's replies differ from its contract --------------------------------------


class DriftKind(StrEnum):
    """What was ignored or bent to read a reply."""

    UNKNOWN_FIELD = "unknown_field"
    """A field that the contract does not have."""
    MISSING_FIELD = "missing_field"
    """A field of the contract is absent, null or nil, and was read as empty."""
    REPEATED_FIELD = "repeated_field"
    """A field stands there twice, with one value."""
    OTHER_NAME = "other_name"
    """A known name in other letters: `maHoSo` for `MaHoSo`."""
    OTHER_ORDER = "other_order"
    """Elements in another order than in the XSD."""
    OTHER_TYPE = "other_type"
    """A number as text, a text as number, `1` for `true`."""
    OTHER_SHAPE = "other_shape"
    """One record where a list is expected, a list of one where a record is, a wrapper around it."""
    UNKNOWN_VALUE = "unknown_value"
    """A value that the contract's list of values does not have."""
    BLANKS = "blanks"
    """Blanks around a value, or ahead of the first character of the body."""
    CHARSET = "charset"
    """A mark, a header or a declaration that is not the encoding of the bytes, or not UTF-8."""
    CODING = "coding"
    """Compressed although nobody asked for it, or said to be compressed and not."""
    PACKAGE = "package"
    """The reply is the root part of a multipart package."""
    ENVELOPE = "envelope"
    """Another SOAP version or namespace than the WSDL's, or header blocks."""
    MEDIA_TYPE = "media_type"
    """A Content-Type that is not the one of the contract."""
    FRAMING = "framing"
    """HTTP that breaks its rules and has one reading."""
    ECHO = "echo"
    """The field that marks a call came back changed, or not at all."""
    CODE_STATUS = "code_status"
    """A reply code under an HTTP status that it does not belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference between a partner's reply and its contract; never holds a value."""

    partner: str
    """The destination's name."""
    operation: str
    """The partner's name of the operation."""
    kind: DriftKind
    place: str
    """Names of the fields down to it (`DongBoHoSoMCResponse/thoiGianXuLy`), a header field, or
    words of the hub. What could be somebody's number or name is left out."""


DriftObserver = Callable[[Sequence[Drift]], None]
"""Given to an adapter, which calls it once for each reply in which there was drift, in the thread
of the call and just before the call ends. It returns at once and raises nothing; the same drift
comes again with every reply, so that it can be counted."""


def ignore_drift(drift: Sequence[Drift]) -> None:
    """Observe nothing."""


# --- sources: what enters the hub -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """The hub has the message durably. `duplicate` tells that it had it before."""

    message_id: str
    duplicate: bool = False


class AcceptanceUnknown(Exception):
    """It is not known whether a message is stored. Told again with the same id, it is stored once
    and gets the answer of the first telling."""


class Sink(Protocol):
    """The way in for sources: durable when it returns."""

    def accept(self, message: Message) -> Accepted:
        """Store the message and return; raises InvalidMessage, nothing stored then.

        Raises AcceptanceUnknown when the wait for the store came to its end without an answer.
        """

    def store_file(
        self,
        stream: BinaryIO,
        *,
        name: str,
        media_type: str,
        component: str = "",
        sha256: str = "",
    ) -> Attachment:
        """Stream a file into the blob store; raises InvalidMessage over the limit or on a hash
        that differs from `sha256` (when given)."""

    def file_size(self, sha256: str) -> int | None:
        """Return the size of a stored file in bytes, None when it is not stored."""


class Source(Protocol):
    """A device or partner that the hub listens to."""

    name: str
    emits: frozenset[str]
    trouble: str
    """Why the device gives nothing now, "" when it does: the cause, without personal data."""

    def run(self, sink: Sink, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Listen until `stop`; acknowledge to the outside only after `sink.accept` returned.

        Calls `beat` at each look at the device. A device that is away is waited for and stands in
        `trouble`; the log says once that it went and once that it is back.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswer:
    """What a partner's call back into the hub gets, and what a person has to know of a refusal."""

    status: int
    """HTTP status."""
    reply: dict[str, Any]
    """JSON; accepted means committed."""
    authentic: bool = True
    """Whether the call is proven to come from the partner."""
    subject: str = ""
    """The dossier number and the step, as `<number> <step>`; "" where the body does not tell."""
    cause: str = ""
    """Why it was refused for good: code, place and reason, without personal data. "" when it was
    taken, or was only told to come again."""


# --- broker: what carries -------------------------------------------------------------------------


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One message for the broker; always persistent and mandatory."""

    routing_key: str
    """The queue's name: the hub publishes through one direct exchange."""
    body: bytes
    message_id: str
    type: str = ""
    headers: dict[str, str | int] = msgspec.field(default_factory=dict)


class Confirm(StrEnum):
    """What became of a published message."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"
    """No queue took it; certainly not queued."""
    REFUSED = "refused"
    """The broker said no (nack), e.g. the queue is full; certainly not queued."""
    UNCONFIRMED = "unconfirmed"
    """No confirm in time or the connection broke: may be queued; publish again, same id."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One message from a queue, not yet settled."""

    tag: int
    """Delivery tag of the consumer's present session."""
    session: int
    """Which session of the consumer it came through; a stale one is never acknowledged."""
    body: bytes
    message_id: str
    type: str = ""
    redelivered: bool = False
    delivery_count: int = 0
    headers: dict[str, Any] = msgspec.field(default_factory=dict)


class BrokerUnavailable(Exception):
    """The broker cannot be reached now; nothing was published or settled by this call."""


class ConsumerLost(Exception):
    """The broker took the consumer away (cancel, closed channel, lost connection).

    What was received and not settled will come again; call `receive` again to reconnect.
    """


class Publisher(Protocol):
    """Publishes confirmed batches; owned by one thread."""

    @property
    def ready(self) -> bool:
        """Whether `publish` needs no new connection, as far as is known."""

    def connect(self, *, within: timedelta) -> None:
        """Have a connection ready; raises BrokerUnavailable when there is none in time."""

    def publish(self, batch: Sequence[Outgoing], *, timeout: timedelta) -> list[Confirm]:
        """Publish the batch and return one outcome for each, in order, within `timeout`.

        Raises BrokerUnavailable when no connection could be had (nothing was published).
        """

    def close(self) -> None:
        """Close the connection; safe to call twice."""


class Consumer(Protocol):
    """Takes batches from one queue; owned by one thread except for `wake`."""

    def receive(self, limit: int, *, wait: timedelta) -> list[Incoming]:
        """Return what is there, at most `limit`, waiting up to `wait` for the first one.

        Returns early, with what is there or nothing, after `wake`. Never hands out more than the
        prefetch unsettled.
        Raises ConsumerLost (once per loss) or BrokerUnavailable.
        """

    def take_at_most(self, prefetch: int) -> None:
        """Go on with another prefetch; with 0 take nothing more.

        At 0 everything that was not handed out lies in the queue again, ready; what was handed out
        is settled as ever. `receive` then only waits, and silence is not taken for a fault.
        """

    def ack(self, messages: Iterable[Incoming]) -> None:
        """Settle for good (with `multiple` where the tags allow). Stale sessions are skipped."""

    def reject(self, message: Incoming) -> None:
        """Failed for good: to the dead-letter queue."""

    def fail(self, message: Incoming) -> None:
        """This attempt failed: to be delivered again, up to the queue's delivery limit, and then
        to the dead-letter queue."""

    def release(self, message: Incoming) -> None:
        """Give back: to be delivered again, not its fault. Ends by itself only on a broker that
        counts it too (RabbitMQ before 4.3), so never the answer to a failure."""

    def wake(self) -> None:
        """Make a waiting `receive` return; the only method other threads may call."""

    def close(self) -> None:
        """Give everything unsettled back and close; safe to call twice.

        For what was handed out this counts as a failed attempt: whoever ends in good order settles
        everything first.
        """


class Broker(Protocol):
    """Makes publishers and consumers; holds no connection itself."""

    name: str
    """`rabbitmq` or `memory`."""
    durable: bool
    """Whether queued messages survive a restart of the hub."""

    def publisher(self) -> Publisher:
        """Return a publisher for the calling thread; connects at the first publish."""

    def consumer(self, queue: str, *, prefetch: int) -> Consumer:
        """Return a consumer for the calling thread; connects at the first receive."""

    def depth(self, queue: str) -> int:
        """Return the number of messages ready in the queue; raises BrokerUnavailable."""

    def close(self) -> None:
        """Release what the broker object holds."""


# --- time and files -------------------------------------------------------------------------------

Clock = Callable[[], datetime]
"""Returns the present time, timezone-aware. Rules never hold one: time is an argument."""


class BlobPath(Protocol):
    """Where a stored file can be read from."""

    def __call__(self, sha256: str) -> Path: ...
