"""The statements of deliveries that run for every message, put together once.

What they are for and what follows from their results stands in `deliveries`.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from hub.rules.states import CLAIMABLE, FINAL, may_move
from hub.rules.states import DeliveryState as S
from hub.store.engine import insert_for
from hub.store.prepared import Prepared, among
from hub.store.tables import deliveries, lanes

_C = deliveries.c
_AMONG_IDS = among(_C.id, "ids")
_AMONG_LANES = among(_C.lane, "names")
_TO = _C.destination == sa.bindparam("to")


def _one_of(states: Iterable[S], table: sa.FromClause = deliveries) -> sa.ColumnElement[bool]:
    """Return the condition with the states written out: only so a partial index serves it."""
    return table.c.state.in_([sa.literal_column(f"'{state}'") for state in sorted(states)])


OPEN = ~_one_of(FINAL)


def position(table: sa.FromClause = deliveries) -> sa.ColumnElement[int]:
    """Return where a delivery stands in its lane: its number, or the place that it was given."""
    return sa.func.coalesce(table.c.place, table.c.id)


BUSY = Prepared(sa.select(_C.lane).where(_TO, _AMONG_LANES, OPEN))
"""(to, names) -> lanes with an open delivery."""
CLAIM = Prepared(
    sa.update(deliveries)
    .where(
        _AMONG_IDS,
        _TO,
        _one_of(CLAIMABLE),
        sa.or_(
            _C.next_attempt_at.is_(None),
            _C.next_attempt_at <= sa.bindparam("now"),
            # due by the clock of who asked for it, which may be ahead of ours
            _C.next_attempt_at <= _C.asked_at,
        ),
    )
    .values(
        state=S.SENDING.value,
        attempts=_C.attempts + 1,
        counted=_C.counted + 1,
        lease_until=sa.bindparam("until"),
        next_attempt_at=None,
    )
    .returning(_C.id, _C.message_id, _C.lane, _C.attempts, _C.counted, _C.deadline)
)
"""(ids, to, now, until) -> what was claimed."""
TURN = Prepared(
    sa.select(_C.id, _C.attempts)
    .where(_AMONG_IDS, _C.state == sa.bindparam("since"))
    .order_by(_C.id)
    .with_for_update()
)
"""(ids, since) -> the attempt that each delivery in that state is at."""


def _heads() -> sa.Select[Any]:
    """Return the numbers of the deliveries that nothing open stands before; by their lanes.

    Asked for by lane, and not by state as well: SQLite would look through all that is held.
    """
    head, earlier = deliveries.alias("head"), deliveries.alias("earlier")
    before = sa.exists().where(
        earlier.c.destination == head.c.destination,
        earlier.c.lane == head.c.lane,
        ~_one_of(FINAL, earlier),
        position(earlier) < position(head),
    )
    lanes_of = sa.and_(head.c.destination == sa.bindparam("to"), among(head.c.lane, "names"))
    return sa.select(head.c.id).where(lanes_of, ~_one_of(FINAL, head), ~before)


RESTORED = "restored"
"""Code of what an old copy believes unsent: it is asked about before it is sent."""
_DOUBTFUL = sa.func.coalesce(_C.code, "") == RESTORED
RELEASE = Prepared(
    sa.update(deliveries)
    .where(_C.id.in_(_heads()), _C.state == S.HELD.value)
    .values(
        state=sa.case((_DOUBTFUL, S.AMBIGUOUS.value), else_=S.PENDING.value),
        next_attempt_at=sa.case((_DOUBTFUL, sa.bindparam("now")), else_=None),
        asked_at=sa.bindparam("now"),
    )
    .returning(_C.id, _C.destination, _C.type)
)
"""(to, names, now) -> the heads that were held and are open now: to be sent, or asked about."""


_OUT = frozenset({S.CANCELLED, S.SUPERSEDED})


def replaces(
    newer: sa.FromClause,
    older: sa.FromClause = deliveries,
    *,
    gone: frozenset[S] = _OUT | {S.BY_HAND},
) -> sa.ColumnElement[bool]:
    """Return the condition that one delivery makes another needless: its content is newer.

    One that is `gone` replaces nothing.
    """
    return sa.and_(
        newer.c.destination == older.c.destination,
        newer.c.lane == older.c.lane,
        older.c.lane != "",
        newer.c.type == older.c.type,
        position(newer) > position(older),
        older.c.newest_only,
        newer.c.newest_only,
        ~_one_of(gone, newer),
    )


def stands_for(mine: sa.FromClause, older: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that one superseded delivery has nothing but another to arrive for it.

    What was taken there on paper has arrived.
    """
    other = deliveries.alias()
    besides = sa.exists().where(replaces(other, older, gone=_OUT), other.c.id != mine.c.id)
    return sa.and_(older.c.state == S.SUPERSEDED.value, replaces(mine, older), ~besides)


def _needless() -> sa.ColumnElement[bool]:
    return sa.and_(
        _AMONG_IDS,
        _TO,
        _C.state == S.WAITING.value,
        _C.newest_only,  # said once more: most are not, and need no look at their lane
        sa.exists().where(replaces(deliveries.alias("newer"))),
    )


NEEDLESS = Prepared(sa.select(_C.id).where(_needless()).order_by(_C.id).with_for_update())
"""(ids, to) -> what is waiting and replaced by something newer, locked."""


def _lock_newer() -> sa.Select[Any]:
    newer, older = deliveries.alias("newer"), deliveries.alias("older")
    replacing = sa.exists().where(among(older.c.id, "ids"), replaces(newer, older))
    return sa.select(newer.c.id).where(replacing).order_by(newer.c.id).with_for_update()


LOCK_NEWER = Prepared(_lock_newer())
"""(ids) -> what replaces them, locked."""


def _overtaken() -> ReturningUpdate[Any]:
    return (
        sa.update(deliveries)
        .where(_needless())
        .values(state=S.SUPERSEDED.value, settled_at=sa.bindparam("now"), next_attempt_at=None)
        .returning(_C.id, _C.lane)
    )


OVERTAKEN = Prepared(_overtaken())
"""(ids, to, now) -> what was waiting and is superseded now."""


NEW = (
    "message_id",
    "destination",
    "type",
    "lane",
    "state",
    "asked_at",
    "deadline",
    "newest_only",
    "created_at",
)


def _insertion(dialect: str) -> ReturningInsert[Any]:
    statement = insert_for(dialect, deliveries).on_conflict_do_nothing()
    return statement.returning(_C.id, _C.destination, _C.type, _C.state)


INSERT = Prepared(_insertion, columns=NEW)
"""Of new deliveries: those that are open now; one that was there already is left out."""


def moving(since: S, values: Mapping[str, object]) -> sa.Update:
    """Return the move of a delivery `d` from a state; raises ValueError where there is none."""
    target = values.get("state")
    if target is not None and not may_move(since, S(str(target))):
        raise ValueError(f"no move from {since} to {target}")
    return (
        sa.update(deliveries)
        .where(_C.id == sa.bindparam("d"), _C.state == since.value)
        .values({**values, **({"lease_until": None} if since is S.SENDING else {})})
    )


@cache
def delivering(since: S) -> Prepared:
    """Return the move of a delivery `d` to delivered, at `now` with reference `r`."""
    values: dict[str, object] = {
        "state": S.DELIVERED.value,
        "settled_at": sa.bindparam("now"),
        "reference": sa.bindparam("r"),
        "code": None,
        "detail": None,
    }
    return Prepared(moving(since, values))


def _lock_lanes() -> sa.Select[Any]:
    query = sa.select(lanes.c.lane).where(
        lanes.c.destination == sa.bindparam("to"), among(lanes.c.lane, "names")
    )
    return query.order_by(lanes.c.lane).with_for_update()


ADD_LANES = Prepared(
    lambda dialect: insert_for(dialect, lanes).on_conflict_do_nothing(),
    columns=("destination", "lane"),
)
LOCK_LANES = Prepared(_lock_lanes())
"""(to, names) -> the lanes' row locks, taken in one order."""
