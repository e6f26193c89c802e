"""Lists as PostgreSQL's driver sends them: one parameter, in the server's own binary form.

A batch then is one statement with a few arrays instead of one statement a row. The driver's own
lists do the same three times slower, and take another type for small numbers than for large ones,
so that the server would prepare a statement for each. The driver is told of them in `array_dumper`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from struct import Struct, pack
from typing import Any

from hub.store.schema.tables.exchange import as_microseconds

_HEAD = Struct("!iiIii").pack
_length = Struct("!i").pack
_NULL = _length(-1)


class Array:
    """A list in its binary form; its class tells the type."""

    __slots__ = ("data",)
    oid: int

    def __init__(self, data: bytes) -> None:
        self.data = data


class _Text(Array):
    oid = 1009


class _Bytes(Array):
    oid = 1001


class _Bigint(Array):
    oid = 1016


class _Integer(Array):
    oid = 1007


class _Boolean(Array):
    oid = 1000


KINDS = (_Text, _Bytes, _Bigint, _Integer, _Boolean)


def _joined(element: int, pieces: Sequence[bytes | None]) -> bytes:
    parts = [_HEAD(1, 1, element, len(pieces), 1)] if pieces else [_HEAD(0, 0, element, 0, 0)[:12]]
    for piece in pieces:
        parts += (_NULL,) if piece is None else (_length(len(piece)), piece)
    return b"".join(parts)


def _texts(items: Sequence[Any]) -> Array:
    return _Text(_joined(25, [None if item is None else item.encode() for item in items]))


def _bytes(items: Sequence[Any]) -> Array:
    return _Bytes(_joined(17, items))


def _booleans(items: Sequence[Any]) -> Array:
    return _Boolean(_joined(16, [None if it is None else b"\1" if it else b"\0" for it in items]))


def _numbers(
    kind: Callable[[bytes], Array], element: int, size: int, letter: str, items: Sequence[Any]
) -> Array:
    plain = [as_microseconds(it) if isinstance(it, datetime) else it for it in items]
    if not plain or None in plain:
        pieces = [None if item is None else pack(f"!{letter}", item) for item in plain]
        return kind(_joined(element, pieces))
    content = pack(
        f"!{f'i{letter}' * len(plain)}", *chain.from_iterable((size, it) for it in plain)
    )
    return kind(_HEAD(1, 0, element, len(plain), 1) + content)


ARRAY_OF: dict[str, Callable[[Sequence[Any]], Array]] = {
    "TEXT": _texts,
    "VARCHAR": _texts,
    "BYTEA": _bytes,
    "BOOLEAN": _booleans,
    "BIGINT": partial(_numbers, _Bigint, 20, 8, "q"),
    "INTEGER": partial(_numbers, _Integer, 23, 4, "i"),
}
"""Makes an array of a type's values, by the type's name; None is NULL, a time is microseconds."""
