"""The statements of deliveries that run for every message, put together once.

SQLAlchemy needs longer to put such a statement together than SQLite needs to run it. What they are
for and what follows from their results stands in `deliveries`. Parameters may not be named like
columns.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from hub.rules.states import CLAIMABLE, FINAL, may_move
from hub.rules.states import DeliveryState as S
from hub.store.engine import insert_for
from hub.store.tables import deliveries

_C = deliveries.c
_AMONG_IDS = _C.id.in_(sa.bindparam("ids", expanding=True))
_AMONG_LANES = _C.lane.in_(sa.bindparam("names", expanding=True))
_TO = _C.destination == sa.bindparam("to")
OPEN = _C.state.not_in(sorted(FINAL))


def position(table: sa.FromClause = deliveries) -> sa.ColumnElement[int]:
    """Return where a delivery stands in its lane: its number, or the place that it was given."""
    return sa.func.coalesce(table.c.place, table.c.id)


BUSY = sa.select(_C.lane).where(_TO, _AMONG_LANES, OPEN)
"""(to, names) -> lanes with an open delivery."""
CLAIM = (
    sa.update(deliveries)
    .where(
        _AMONG_IDS,
        _TO,
        _C.state.in_(sorted(CLAIMABLE)),
        sa.or_(_C.next_attempt_at.is_(None), _C.next_attempt_at <= sa.bindparam("now")),
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
TURN = (
    sa.select(_C.id, _C.attempts)
    .where(_AMONG_IDS, _C.state == sa.bindparam("since"))
    .order_by(_C.id)
    .with_for_update()
)
"""(ids, since) -> the attempt that each delivery in that state is at."""
_HEADS = (
    sa.select(_C.lane, sa.func.min(position())).where(_TO, _AMONG_LANES, OPEN).group_by(_C.lane)
)
RESTORED = "restored"
"""Code of what an old copy believes unsent: it is asked about before it is sent."""
_DOUBTFUL = sa.func.coalesce(_C.code, "") == RESTORED
RELEASE = (
    sa.update(deliveries)
    .where(_TO, _AMONG_LANES, _C.state == S.HELD.value, OPEN)
    .where(sa.tuple_(_C.lane, position()).in_(_HEADS))
    .values(
        state=sa.case((_DOUBTFUL, S.AMBIGUOUS.value), else_=S.PENDING.value),
        next_attempt_at=sa.case((_DOUBTFUL, sa.bindparam("now")), else_=None),
        asked_at=sa.bindparam("now"),
    )
    .returning(_C.id, _C.destination, _C.type)
)
"""(to, names, now) -> the heads that were held and are open now: to be sent, or asked about."""


def _overtaken() -> ReturningUpdate[Any]:
    newer = deliveries.alias()
    replaced = sa.exists().where(
        newer.c.destination == _C.destination,
        newer.c.lane == _C.lane,
        newer.c.type == _C.type,
        position(newer) > position(),
        newer.c.newest_only,
        newer.c.state.not_in([S.CANCELLED.value, S.BY_HAND.value]),
    )
    return (
        sa.update(deliveries)
        .where(_AMONG_IDS, _TO, _C.state == S.WAITING.value)
        .where(_C.newest_only, _C.lane != "", replaced)
        .values(state=S.SUPERSEDED.value, settled_at=sa.bindparam("now"), next_attempt_at=None)
        .returning(_C.id, _C.lane)
    )


OVERTAKEN = _overtaken()
"""(ids, to, now) -> what was waiting and is superseded now."""


@cache
def insertion(dialect: str) -> ReturningInsert[Any]:
    """Return the INSERT of new deliveries; one that is there already is left out."""
    statement = insert_for(dialect, deliveries).on_conflict_do_nothing()
    return statement.returning(_C.id, _C.destination, _C.type, _C.state)


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
def delivering(since: S) -> sa.Update:
    """Return the move of a delivery `d` to delivered, at `now` with reference `r`."""
    values: dict[str, object] = {
        "state": S.DELIVERED.value,
        "settled_at": sa.bindparam("now"),
        "reference": sa.bindparam("r"),
        "code": None,
        "detail": None,
    }
    return moving(since, values)
