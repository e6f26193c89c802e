"""Reads the feed of changes by position, without a lock; a page costs the same in every year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.rules.change_feed import ChangeKind, Epoch, FeedState
from hub.store.engine.store import Tx
from hub.store.schema.tables.changes import change_epochs, change_feed, changes
from hub.store.statements.compiled import Compiled

READ_AT_ONCE = 1000
"""Rows that one page looks at, however few of them its reader may see."""
_STATE = Compiled(sa.select(change_feed.c.last, change_feed.c.removed_to))
_EPOCHS = Compiled(
    sa.select(change_epochs.c.id, change_epochs.c.begins_after).order_by(change_epochs.c.seq)
)
_BEHIND = Compiled(
    sa.select(changes)
    .where(changes.c.position > sa.bindparam("after"))
    .order_by(changes.c.position)
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierChange:
    """One change of a dossier with its place in the feed."""

    position: int
    number: str
    kind: ChangeKind
    code: str
    """The status, the town's step, or the procedure."""
    at: datetime
    message_id: str
    """The message that caused it; a client knows its own calls by it."""
    numbered_at: datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of the feed."""

    changes: Sequence[DossierChange]
    reached: int
    """Up to which position everything was looked at: where the next page begins."""
    more: bool


def state_of(tx: Tx) -> FeedState:
    """Return how far the feed is."""
    row = _STATE.one(tx)
    epochs = tuple(Epoch(it.id, it.begins_after) for it in _EPOCHS.all(tx))
    return FeedState(epochs, row.last, row.removed_to)


def page(tx: Tx, after: int, *, limit: int, allowed: Callable[[str], bool]) -> ChangePage:
    """Return the changes behind a position whose dossiers are `allowed` by their number."""
    rows = behind(tx, after, most=READ_AT_ONCE)
    found: list[DossierChange] = []
    for change in rows:
        if allowed(change.number):
            if len(found) == limit:
                return ChangePage(found, after, more=True)
            found.append(change)
        after = change.position
    return ChangePage(found, after, more=len(rows) == READ_AT_ONCE)


def position_at(tx: Tx, time: datetime, *, last: int) -> int:
    """Return behind which position the changes stand that have a place since a time.

    By halves: the times grow with the positions, as far as no clock was set.
    """
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        found = behind(tx, middle, most=1)
        if found and found[0].numbered_at < time:
            low = found[0].position
        else:
            high = middle
    return low


def behind(tx: Tx, after: int, *, most: int) -> Sequence[DossierChange]:
    """Return the next changes behind a position."""
    rows = _BEHIND.all(tx, {"after": after, "most": most})
    return [DossierChange(**row._asdict() | {"kind": ChangeKind(row.kind)}) for row in rows]
