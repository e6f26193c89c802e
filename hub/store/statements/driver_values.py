"""What goes to a driver and comes from it: times are microseconds, a list is one parameter."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, as_microseconds, from_microseconds
from hub.store.statements.arrays import ARRAY_OF

READERS: dict[type, Callable[[Any], Any]] = {Instant: from_microseconds, sa.Boolean: bool}
"""By a column's type: how what the driver returns becomes a value; the others stay as they are."""
AS_IT_IS = frozenset({str, int, bytes, bool, float, type(None)})
"""Types that every driver takes."""
_LISTS = (list, tuple, set, frozenset)
_ARRAYS: dict[type, str] = {int: "BIGINT", str: "TEXT"}
_last_time = (from_microseconds(0), 0)


def microseconds(time: datetime) -> int:
    """Return a time as it is stored. Most rows of a transaction carry one and the same."""
    global _last_time
    known, number = _last_time
    if known is not time:
        number = as_microseconds(time)
        _last_time = (time, number)
    return number


def for_postgresql(value: object) -> object:
    """Return a value as psycopg takes it."""
    if isinstance(value, datetime):
        return microseconds(value)
    return _list_for_postgresql(value) if isinstance(value, _LISTS) else value


def _list_for_postgresql(value: Collection[Any]) -> object:
    """Return a list as one parameter: an array where it holds numbers only, or words only."""
    items, kinds = list(value), {type(item) for item in value}
    kind = _ARRAYS.get(kinds.pop()) if len(kinds) == 1 else None
    return ARRAY_OF[kind](items) if kind else items


def for_sqlite(value: object) -> object:
    """Return a value as SQLite takes it; a list becomes JSON, see `prepared.among`."""
    if isinstance(value, datetime):
        return microseconds(value)
    return msgspec.json.encode(list(value)).decode() if isinstance(value, _LISTS) else value
