"""The statements of deliveries that run for every message, put together once.

What they are for and what follows from their results stands in `transitions`. No plan of them
depends on PostgreSQL's statistics: those of a quiet hour say that nearly nothing is open, and every
path looks equally short. So a list of lanes is gone through lane by lane, by a subquery that cannot
be turned round (`sa.Select.limit`), and a partial index serves only those who name it (`tables`).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from hub.rules.deliveries.states import CLAIMABLE, may_move
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import insert_for
from hub.store.schema.tables.exchange import deliveries, lanes
from hub.store.statements.compiled import Compiled, any_of
from hub.store.statements.plan_hints import among_chosen, each, unindexed

_AMONG_IDS = any_of(deliveries.c.id, "ids")
# No index may serve it: those who name their deliveries by number must be served by the numbers.
_TO = unindexed(deliveries.c.destination) == sa.bindparam("to")


def _one_of(states: Iterable[S], table: sa.FromClause = deliveries) -> sa.ColumnElement[bool]:
    """Return the condition with the states written out: only so a partial index serves it."""
    return table.c.state.in_([sa.literal_column(f"'{state}'") for state in sorted(states)])


def position(table: sa.FromClause = deliveries) -> sa.ColumnElement[int]:
    """Return where a delivery stands in its lane: its number, or the place that it was given."""
    return sa.func.coalesce(table.c.place, table.c.id)


def open_in_lane(
    destination: sa.ColumnElement[str],
    lane: sa.ColumnElement[str],
    *,
    table: sa.FromClause = deliveries,
) -> sa.ColumnElement[bool]:
    """Return the condition that a delivery is open and in that lane."""
    here = sa.and_(table.c.destination == destination, table.c.lane == lane)
    return sa.and_(here, table.c.settled_at.is_(None), table.c.lane != sa.literal_column("''"))


def _head_of(listed: sa.TableValuedAlias) -> sa.ScalarSelect[int]:
    """Return the number of the delivery that nothing open stands before in a listed lane."""
    head = deliveries.alias("head")
    here = open_in_lane(sa.bindparam("to"), listed.c.value, table=head)
    query = sa.select(head.c.id).where(here)
    query = query.order_by(position(head), head.c.id).limit(sa.literal_column("1"))
    return query.correlate(listed).scalar_subquery()


def _busy(dialect: str) -> sa.Select[Any]:
    listed = each(dialect, "names")
    return sa.select(listed.c.value.label("lane")).where(_head_of(listed).is_not(None))


BUSY = Compiled(_busy)
"""(to, names) -> lanes with an open delivery."""
AT_ATTEMPT = Compiled(
    sa.select(deliveries.c.id, deliveries.c.attempts)
    .where(_AMONG_IDS, deliveries.c.state == sa.bindparam("from_state"))
    .order_by(deliveries.c.id)
    .with_for_update()
)
"""(ids, from_state) -> the attempt that each delivery in that state is at."""
_PLACE = sa.select(deliveries.c.state, deliveries.c.destination, deliveries.c.lane).where(
    deliveries.c.id == sa.bindparam("d")
)
PLACE, LOCKED_PLACE = Compiled(_PLACE), Compiled(_PLACE.with_for_update())
"""(d) -> state, destination and lane of a delivery."""


def doubtful(since: object) -> dict[str, object]:
    """Return what is kept of a delivery whose effect is unknown since a time."""
    return {"doubtful_since": since, "absent_at": None}


def in_doubt(parameter: str) -> sa.ColumnElement[bool]:
    """Return the condition that the delivery that is the value of `parameter` is ambiguous."""
    return sa.and_(
        deliveries.c.id == sa.bindparam(parameter),
        deliveries.c.state == S.AMBIGUOUS.value,
        deliveries.c.settled_at.is_(None),
    )


RESTORED = "restored"
"""Code of what an old copy believes unsent: it is asked about before it is sent."""
_DOUBTFUL = sa.func.coalesce(deliveries.c.code, "") == RESTORED


def _release(dialect: str) -> ReturningUpdate[Any]:
    listed = each(dialect, "names")
    heads = sa.select(_head_of(listed)).select_from(listed)
    values = {
        "state": sa.case((_DOUBTFUL, S.AMBIGUOUS.value), else_=S.PENDING.value),
        "next_attempt_at": sa.case((_DOUBTFUL, sa.bindparam("now")), else_=None),
        "asked_at": sa.bindparam("now"),
        **doubtful(sa.bindparam("now")),
    }
    held = sa.update(deliveries).where(
        among_chosen(deliveries.c.id, heads), deliveries.c.state == S.HELD.value
    )
    return held.values(values).returning(
        deliveries.c.id, deliveries.c.destination, deliveries.c.type
    )


RELEASE = Compiled(_release)
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
    """Return the condition that `mine` is the only remaining replacement for `older`.

    `older` is superseded. A delivery that was taken there on paper has arrived.
    """
    other = deliveries.alias()
    besides = sa.exists().where(replaces(other, older, gone=_OUT), other.c.id != mine.c.id)
    return sa.and_(older.c.state == S.SUPERSEDED.value, replaces(mine, older), ~besides)


def _newer(older: sa.FromClause) -> sa.Select[int]:
    newer = deliveries.alias("newer")
    return sa.select(newer.c.id).where(replaces(newer, older)).correlate(older)


def claiming() -> ReturningUpdate[Any]:
    """Return the claim of deliveries that are due, but for what something newer replaces."""
    due = sa.or_(
        deliveries.c.next_attempt_at.is_(None),
        deliveries.c.next_attempt_at <= sa.bindparam("now"),
        # due by the clock of who asked for it, which may be ahead of ours
        deliveries.c.next_attempt_at <= deliveries.c.asked_at,
    )
    newer = _newer(deliveries).limit(sa.literal_column("1")).scalar_subquery()
    # In this order: most are not waiting, and need no look at their lane.
    needed = sa.or_(
        deliveries.c.state != S.WAITING.value, ~deliveries.c.newest_only, newer.is_(None)
    )
    return (
        sa.update(deliveries)
        .where(_AMONG_IDS, _TO, _one_of(CLAIMABLE), due, needed)
        .values(
            state=S.SENDING.value,
            attempts=deliveries.c.attempts + 1,
            counted=deliveries.c.counted + 1,
            lease_until=sa.bindparam("until"),
            next_attempt_at=None,
        )
        .returning(
            deliveries.c.id,
            deliveries.c.message_id,
            deliveries.c.lane,
            deliveries.c.attempts,
            deliveries.c.counted,
            deliveries.c.deadline,
            deliveries.c.created_at,
        )
    )


CLAIM = Compiled(claiming())
"""(ids, to, now, until) -> what was claimed."""


def _needless() -> sa.ColumnElement[bool]:
    return sa.and_(
        _AMONG_IDS,
        _TO,
        deliveries.c.state == S.WAITING.value,
        deliveries.c.newest_only,  # said once more: most are not, and need no look at their lane
        _newer(deliveries).limit(sa.literal_column("1")).scalar_subquery().is_not(None),
    )


NEEDLESS = Compiled(
    sa.select(deliveries.c.id).where(_needless()).order_by(deliveries.c.id).with_for_update()
)
"""(ids, to) -> what is waiting and replaced by something newer, locked."""


def _lock_newer() -> sa.Select[Any]:
    older = deliveries.alias("older")
    newer = _newer(older).offset(sa.literal_column("0")).lateral("newer")
    chosen = sa.select(newer.c.id).select_from(older).where(any_of(older.c.id, "ids"))
    return (
        sa.select(deliveries.c.id)
        .where(among_chosen(deliveries.c.id, chosen))
        .order_by(deliveries.c.id)
        .with_for_update()
    )


LOCK_NEWER = Compiled(_lock_newer())
"""(ids) -> what replaces them, locked."""


def _overtaken() -> ReturningUpdate[Any]:
    return (
        sa.update(deliveries)
        .where(_needless())
        .values(state=S.SUPERSEDED.value, settled_at=sa.bindparam("now"), next_attempt_at=None)
        .returning(deliveries.c.id, deliveries.c.lane)
    )


OVERTAKEN = Compiled(_overtaken())
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
    return statement.returning(
        deliveries.c.id, deliveries.c.destination, deliveries.c.type, deliveries.c.state
    )


INSERT = Compiled(_insertion, columns=NEW)
"""Of new deliveries: those that are open now; one that was there already is left out."""


def moving(from_state: S, values: Mapping[str, object]) -> sa.Update:
    """Return the move of a delivery `d` from a state; raises ValueError where there is none."""
    target = values.get("state")
    if target is not None and not may_move(from_state, S(str(target))):
        raise ValueError(f"no move from {from_state} to {target}")
    return (
        sa.update(deliveries)
        .where(deliveries.c.id == sa.bindparam("d"), deliveries.c.state == from_state.value)
        .values({**values, **({"lease_until": None} if from_state is S.SENDING else {})})
    )


@cache
def move_with(from_state: S, state: S | None, names: frozenset[str], given_back: int) -> Compiled:
    """Return the move of a delivery `d` from a state to another one, None for the same.

    `names`: columns that get the parameter of that name with `new_` before it. `given_back`: how
    many counted attempts do not count.
    """
    values: dict[str, object] = {name: sa.bindparam(f"new_{name}") for name in names}
    if state is not None:
        values["state"] = state.value
    if given_back:
        values["counted"] = deliveries.c.counted - given_back
    return Compiled(moving(from_state, values))


@cache
def delivering(from_state: S) -> Compiled:
    """Return the move of a delivery `d` to delivered, at `now` with reference `r`."""
    values: dict[str, object] = {
        "state": S.DELIVERED.value,
        "settled_at": sa.bindparam("now"),
        "reference": sa.bindparam("r"),
        "code": None,
        "detail": None,
        "partner_code": None,
    }
    return Compiled(moving(from_state, values), key="d")


def _lock_lanes(dialect: str) -> sa.Select[Any]:
    listed = each(dialect, "names")
    here = sa.and_(lanes.c.destination == sa.bindparam("to"), lanes.c.lane == listed.c.value)
    locked = sa.select(lanes.c.lane).where(here).with_for_update().lateral("locked")
    return sa.select(locked.c.lane).select_from(listed)


ADD_LANES = Compiled(
    lambda dialect: insert_for(dialect, lanes).on_conflict_do_nothing(),
    columns=("destination", "lane"),
)
LOCK_LANES = Compiled(_lock_lanes)
"""(to, names) -> the lanes' row locks, taken in the order of the names. On PostgreSQL only."""
