"""What is locked and looked at when a delivery is taken out of its lane.

Moves nothing; what a person may take out is decided by `hub/operations/deliveries/cancellation.py`.
"""

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries.delivery_statements import (
    RESTORED,
    open_in_lane,
    position,
    replaces,
    stands_for,
)
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import deliveries
from hub.store.statements.compiled import Compiled


def lock_head(tx: Tx, destination: str, lane: str) -> None:
    """Lock the foremost open delivery of a lane, before a row behind it and before its leg.

    The settling transaction locks the head row, then the leg, then the follower. A cancel that
    locked the follower first and then waited for the leg would deadlock with it. SQLite has one
    writer.
    """
    if tx.dialect.name == "sqlite":
        return
    here = open_in_lane(sa.literal(destination), sa.literal(lane))
    foremost = sa.select(deliveries.c.id).where(here).order_by(position()).limit(1)
    # While it was waited for it may have been settled: then another one is the foremost.
    while head := tx.execute(foremost).scalar():
        locking = (
            sa.select(deliveries.c.id)
            .where(deliveries.c.id == head, deliveries.c.settled_at.is_(None))
            .with_for_update()
        )
        if tx.execute(locking).scalar():
            return


def superseded_older(tx: Tx, id: int) -> int | None:
    """Return an older delivery that was superseded and has only this one to arrive for it."""
    return _first(_SUPERSEDED_OLDER, tx, id)


def _superseded_older() -> sa.Select[int]:
    mine, older = deliveries.alias(), deliveries.alias()
    query = sa.select(older.c.id).where(mine.c.id == sa.bindparam("id"), stands_for(mine, older))
    return query.order_by(older.c.id.desc())


_SUPERSEDED_OLDER = Compiled(_superseded_older())


def open_older_before_restore(tx: Tx, id: int) -> int | None:
    """Return an open older delivery that this one replaces, where this one is from an old copy.

    This one may be at the partner since the copy was made. While it is here, a retry of the older
    one gives way to it; without it, the older one would go after it.
    """
    return _first(_OPEN_OLDER, tx, id)


def held_newer_before_restore(tx: Tx, id: int) -> int | None:
    """Return a newer delivery from an old copy that replaces this one, and waits behind it."""
    return _first(_HELD_NEWER, tx, id)


def _first(statement: Compiled, tx: Tx, id: int) -> int | None:
    found = statement.scalars(tx, {"id": id})
    return found[0] if found else None


def _open_older() -> sa.Select[int]:
    mine, older = deliveries.alias(), deliveries.alias()
    query = sa.select(older.c.id).where(mine.c.id == sa.bindparam("id"))
    return query.where(_may_be_there(mine, older)).order_by(position(older))


def _held_newer() -> sa.Select[int]:
    mine, newer = deliveries.alias(), deliveries.alias()
    query = sa.select(newer.c.id).where(mine.c.id == sa.bindparam("id"))
    return query.where(_may_be_there(newer, mine)).order_by(position(newer))


def _may_be_there(newer: sa.FromClause, older: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that the older one is open, and the newer one may be at the partner.

    Behind an open one it is held. What an old copy believed held has the mark.
    """
    return sa.and_(replaces(newer, older), older.c.settled_at.is_(None), newer.c.code == RESTORED)


_OPEN_OLDER, _HELD_NEWER = Compiled(_open_older()), Compiled(_held_newer())


def is_newest(tx: Tx, id: int) -> bool:
    """Tell whether nothing of its type was said after it in its lane, but what was cancelled."""
    mine, later = deliveries.alias(), deliveries.alias()
    query = sa.select(later.c.id).where(
        mine.c.id == id,
        later.c.destination == mine.c.destination,
        later.c.lane == mine.c.lane,
        later.c.type == mine.c.type,
        position(later) > position(mine),
        later.c.state != S.CANCELLED.value,
    )
    return tx.execute(query.limit(1)).scalar() is None


def is_conflict(tx: Tx, id: int) -> bool:
    """Tell whether it is dead because the partner holds another version of the dossier."""
    conflict = sa.and_(deliveries.c.state == S.DEAD.value, deliveries.c.code == "partner_conflict")
    return (
        tx.execute(sa.select(deliveries.c.id).where(deliveries.c.id == id, conflict)).scalar()
        is not None
    )
