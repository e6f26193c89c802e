"""The envelope: what every message carries around its payload, and its form on the wire.

The wire form is one JSON object of at most `MAX_BYTES`. File bodies are never inside: an
`Attachment` names a file in the content-addressed store (claim check). Decoding checks the
envelope only; `catalog.read` checks the payload against its type.
"""

from datetime import datetime

import msgspec

from hub.messages.invalid import InvalidMessage

MAX_BYTES = 256 * 1024
"""Limit of one wire message; RabbitMQ 4.x refuses more than 16 MiB, files go by claim check."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file by reference: `sha256` is its address in the blob store, `size` is in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    component: str = ""
    """Code of the dossier component (thành phần hồ sơ) or result that the file belongs to."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said by one party to another; never changed after it was accepted."""

    id: str
    type: str
    version: int
    key: str
    """Ordering key: the dossier number, or "" where order does not matter."""
    time: datetime
    """When it happened, timezone-aware."""
    source: str
    """Who says it: a device, a counter, a partner or `records`."""
    correlation_id: str
    causation_id: str = ""
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
