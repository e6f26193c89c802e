"""The envelope: what every message carries around its payload, and its form on the wire.

The wire form is one JSON object of at most `MAX_BYTES`. File bodies are never inside: an
`Attachment` names a file in the content-addressed store (claim check). Decoding checks the
envelope only; `catalog.read` checks the payload against its type.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from hub.messages.invalid import InvalidMessage

MAX_BYTES = 256 * 1024
"""Limit of one wire message; RabbitMQ 4.x refuses more than 16 MiB, files go by claim check."""


Word = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[\w.:@/-]+$")]
"""An id, a type, a party: nothing that could break a line, a header or a key."""
FileName = Annotated[str, msgspec.Meta(max_length=250, pattern=r"^[^\x00-\x1f\x7f/\\]*$")]
MediaType = Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[\w.+-]+/[\w.+-]+$")]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file by reference: `sha256` is its address in the blob store, `size` is in bytes."""

    name: FileName
    media_type: MediaType
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Sha256
    component: str = ""
    """Code of the dossier component (thành phần hồ sơ) or result that the file belongs to."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said by one party to another; never changed after it was accepted."""

    id: Word
    type: Word
    version: int
    key: Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[\w.:@/-]*$")]
    """Ordering key: the dossier number, or "" where order does not matter."""
    time: datetime
    """When it happened, timezone-aware."""
    source: Word
    """Who says it: a device, a counter, a partner or `records`."""
    correlation_id: Word
    causation_id: Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[\w.:@/-]*$")] = ""
    payload: msgspec.Raw
    attachments: tuple[Attachment, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)


def encode(message: Message) -> bytes:
    """Return the wire form; raises InvalidMessage (`message_too_large`) over the limit."""
    body = _encoder.encode(message)
    if len(body) > MAX_BYTES:
        raise InvalidMessage(
            "message_too_large", where="$", why=f"{len(body)} bytes, the limit is {MAX_BYTES}"
        )
    return body


def decode(body: bytes) -> Message:
    """Return the message in `body`; raises InvalidMessage that names the place and the reason."""
    if len(body) > MAX_BYTES:
        raise InvalidMessage(
            "message_too_large", where="$", why=f"{len(body)} bytes, the limit is {MAX_BYTES}"
        )
    try:
        message = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidMessage("envelope_invalid", **place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    if message.time.tzinfo is None:
        raise InvalidMessage("envelope_invalid", where="$.time", why="the time has no timezone")
    return message


def place(error: msgspec.ValidationError) -> dict[str, str]:
    """Split msgspec's "reason - at `$.path`" into `where` and `why`."""
    why, _, where = str(error).partition(" - at `")
    return {"where": where.rstrip("`") or "$", "why": why}
