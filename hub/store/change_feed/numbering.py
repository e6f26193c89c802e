"""Gives changes their places in the feed, after they were committed, one writer at a time.

A number that is taken from a sequence while a transaction is open may become visible behind a
higher one, and a reader that has passed it would never see that change. So changes are written
without a place. Afterwards a transaction that holds the lock of the feed's one row takes what is
committed by then and numbers it. A change that is committed later gets a later place. Of one
dossier the places follow the order of its transactions, because each of them holds the dossier's
row while it writes its changes.
"""

import secrets
from datetime import datetime

import sqlalchemy as sa

from hub.rules.change_feed import FeedState
from hub.store.change_feed.reading import state_of
from hub.store.engine.store import Tx
from hub.store.schema.tables.changes import (
    change_epochs,
    change_feed,
    changes,
    unnumbered_changes,
)
from hub.store.statements.compiled import Compiled, any_of, columns_of

AT_ONCE = 1000
_LOCK = Compiled(sa.select(change_feed.c.last).with_for_update())
_WAITING = Compiled(sa.select(unnumbered_changes.c.id).order_by(unnumbered_changes.c.id).limit(1))
_NEXT = Compiled(
    sa.select(unnumbered_changes).order_by(unnumbered_changes.c.id).limit(sa.bindparam("most"))
)
_NUMBER = Compiled(sa.insert(changes), columns=columns_of(changes))
_TAKEN = Compiled(sa.delete(unnumbered_changes).where(any_of(unnumbered_changes.c.id, "ids")))
_ADVANCE = Compiled(sa.update(change_feed).values(last=sa.bindparam("reached")))
_OF = Compiled(sa.select(changes.c.position).where(any_of(changes.c.number, "numbers")))
_REMOVE = Compiled(sa.delete(changes).where(any_of(changes.c.number, "numbers")))


def is_waiting(tx: Tx) -> bool:
    """Tell whether a change has no place yet."""
    return _WAITING.one_or_none(tx) is not None


def number_new(tx: Tx, *, now: datetime, most: int = AT_ONCE) -> int:
    """Give the oldest changes without a place theirs; return how many."""
    last: int = _LOCK.one(tx).last  # before anything is read: the view is behind the lock
    new = _NEXT.all(tx, {"most": most})
    if not new:
        return 0
    rows = [
        {
            "position": position,
            "number": row.number,
            "kind": row.kind,
            "code": row.code,
            "at": row.at,
            "message_id": row.message_id,
            "numbered_at": now,
        }
        for position, row in enumerate(new, last + 1)
    ]
    _NUMBER.run_each(tx, rows)
    # By id: one that was committed meanwhile may have a lower one, and has no place.
    _TAKEN.run(tx, {"ids": [row.id for row in new]})
    _ADVANCE.run(tx, {"reached": last + len(new)})
    return len(new)


def begin_epoch(tx: Tx, *, now: datetime) -> FeedState:
    """Begin an epoch, because the database was restored; return the feed as it is then."""
    last: int = _LOCK.one(tx).last
    known = len(state_of(tx).epochs)
    fresh = {"seq": known + 1, "id": secrets.token_hex(4), "begins_after": last, "began_at": now}
    tx.execute(sa.insert(change_epochs), fresh)
    return state_of(tx)


def remove(tx: Tx, numbers: list[str]) -> None:
    """Remove the changes of dossiers that leave the database; the feed knows up to where."""
    places = _OF.scalars(tx, {"numbers": numbers}) if numbers else []
    if not places:
        return
    _REMOVE.run(tx, {"numbers": numbers})
    furthest = sa.case(
        (change_feed.c.removed_to < max(places), max(places)), else_=change_feed.c.removed_to
    )
    tx.execute(sa.update(change_feed).values(removed_to=furthest))
