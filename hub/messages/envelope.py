"""The envelope: what every message carries around its payload, and its form on the wire.

The wire form is one JSON object: at most `MAX_BYTES` from outside and on the broker, and at most
`MAX_STORED_BYTES` where only the store carries it, as what the hub tells a partner. File bodies are
never inside: an `Attachment` names a file in the content-addressed store (claim check). Decoding
checks the envelope only; `catalog.read` checks the payload against its type.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from hub.messages.invalid import InvalidMessage

MAX_BYTES = 256 * 1024
"""Limit of one message from outside and on the broker; files go by claim check."""
MAX_STORED_BYTES = 16 * 1024 * 1024
"""Limit of one message of the hub's own to a partner, which the broker never carries: it lists the
files of a dossier, about 200 bytes each."""


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
_WORDS = ("id", "type", "key", "source", "correlation_id", "causation_id")
YEARS = range(1900, 2200)
"""In which a time may lie. Nearer to the ends of the calendar another zone has no time for it."""
OUT_OF_RANGE = f"a time lies between {YEARS[0]} and {YEARS[-1]}"
LONGEST_COMPONENT = 60


def encode(message: Message, *, limit: int = MAX_BYTES) -> bytes:
    """Return the wire form; raises InvalidMessage (`message_too_large`) over `limit` bytes."""
    body = _encoder.encode(message)
    _check_size(body, limit)
    return body


def decode_stored(body: bytes) -> Message:
    """Return the message in `body`, which comes from the store; raises as `decode`."""
    return decode(body, limit=MAX_STORED_BYTES)


def _check_size(body: bytes, limit: int) -> None:
    if len(body) > limit:
        raise InvalidMessage(
            "message_too_large", where="$", why=f"{len(body)} bytes, the limit is {limit}"
        )


def decode(body: bytes, *, limit: int = MAX_BYTES) -> Message:
    """Return the message in `body`; raises InvalidMessage that names the place and the reason."""
    _check_size(body, limit)
    try:
        message = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidMessage("envelope_invalid", **place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    if message.time.tzinfo is None:
        raise InvalidMessage("envelope_invalid", where="$.time", why="the time has no timezone")
    if message.time.year not in YEARS:
        raise InvalidMessage("envelope_invalid", where="$.time", why=OUT_OF_RANGE)
    _check_texts(message)
    return message


def _check_texts(message: Message) -> None:
    """Refuse what the patterns let through, although the JSON Schema made of them does not.

    Python's `$` also stands before a last line end, and its `\\w` knows letters that make an id
    longer than the broker takes.
    """
    m = message
    words = (m.id, m.type, m.key, m.source, m.correlation_id, m.causation_id)
    if not _is_plain("".join(words)):
        wrong = next(n for n, word in zip(_WORDS, words, strict=True) if not _is_plain(word))
        raise InvalidMessage("envelope_invalid", where=f"$.{wrong}", why="not plain ASCII")
    for nth, file in enumerate(m.attachments):
        where = f"$.attachments[{nth}]"
        if file.name.endswith("\n") or not _is_plain(file.media_type):
            raise InvalidMessage("envelope_invalid", where=where, why="a line end in name or type")
        if len(file.component) > LONGEST_COMPONENT or not file.component.isprintable():
            why = f"a code has {LONGEST_COMPONENT} printable characters at most"
            raise InvalidMessage("envelope_invalid", where=f"{where}.component", why=why)


def _is_plain(text: str) -> bool:
    return text.isascii() and "\n" not in text


def place(error: msgspec.ValidationError) -> dict[str, str]:
    """Split msgspec's "reason - at `$.path`" into `where` and `why`."""
    why, _, where = str(error).partition(" - at `")
    return {"where": where.rstrip("`") or "$", "why": why}
