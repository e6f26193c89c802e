"""What enters the hub: devices that it listens to, partners that call back, and the way in."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import Payload


@dataclass(frozen=True, slots=True)
class Accepted:
    """The hub has the message durably. `duplicate` tells that it had it before."""

    message_id: str
    duplicate: bool = False


class AcceptanceUnknown(Exception):
    """It is not known whether a message is stored. Told again with the same id, it is stored once
    and gets the answer of the first telling."""


class Validator(Protocol):
    """What the field's rules refuse, said before anything is stored."""

    def check(self, payload: Payload) -> None:
        """Raise InvalidMessage for a payload that must not be accepted; reads no record."""


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
        keep: bool = False,
    ) -> Attachment:
        """Stream a file into the blob store; raises InvalidMessage over the limit, on a hash
        that differs from `sha256` (when given), and for content that must not be stored;
        ScannerAway, an OSError, while it cannot be scanned. The hash is another one where the
        content was cleaned. `keep`: nobody can send the file again, so its content is kept
        whatever it is, and a person has to look after it.
        """

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
