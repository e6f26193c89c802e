"""Deliveries: one message on its way to one destination. The row is the truth.

Every move is a conditional UPDATE whose row count is checked, so a move that another thread or
process made first is noticed (`StateConflict`) instead of overwritten. A lane (destination and
dossier) has one open head; later deliveries are `held` until everything before them is final.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from hub.messages import queues
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.deliveries.states import situation
from hub.store.conservation import counts
from hub.store.deliveries import delivery_statements as statements
from hub.store.deliveries.delivery_statements import position as position
from hub.store.engine.store import Tx
from hub.store.messages import journal, outbox
from hub.store.schema.tables.exchange import UNSETTLED, deliveries
from hub.store.statements.compiled import Compiled
from hub.store.statements.plan_hints import among_chosen, checked
from hub.texts import Explained, both


class StateConflict(Explained):
    """A delivery was not in the state that the move starts from; nothing was written."""


class NoSuchDelivery(Explained):
    """There is no delivery with that number."""


def not_in_state(count: int, of: int, state: S) -> StateConflict:
    """Return what is raised where some of several deliveries are not where they were."""
    return StateConflict(both("deliveries.not_in_state", count=count, of=of, state=state))


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to open; `lane` is the dossier number, "" where order does not matter."""

    message_id: str
    destination: str
    type: str
    lane: str
    deadline: datetime | None = None
    """When the partner should have it, by the dossier's due date; None where nothing is due."""
    newest_only: bool = False
    """Whether a newer delivery of the same type in the lane makes this one needless."""


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that this process may send now, once, before its lease runs out."""

    id: int
    message_id: str
    lane: str
    attempts: int
    counted: int
    deadline: datetime | None
    created_at: datetime
    """When its message was accepted for the partner."""
    body: bytes


def enqueue(delivery_id: int, destination: str, type: str) -> outbox.ToPublish:
    """Return the work message of a delivery."""
    body = b'{"delivery":%d}' % delivery_id
    return outbox.ToPublish(queues.deliver_queue(destination), f"d{delivery_id}", type, body)


def foremost(
    dialect: str, condition: sa.ColumnElement[bool], *order: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Return what is true of the first `most` unsettled deliveries for which `condition` holds.

    What another process has in hand is passed over. Trap: PostgreSQL may run a plain subquery again
    for each row that it meets, pass over what it has just taken and take more than `most`.
    """
    query = sa.select(deliveries.c.id).where(condition, UNSETTLED).order_by(*order)
    query = query.limit(sa.bindparam("most"))
    if dialect != "postgresql":
        return deliveries.c.id.in_(query)
    once = query.with_for_update(skip_locked=True).cte("foremost").prefix_with("MATERIALIZED")
    return among_chosen(deliveries.c.id, sa.select(once.c.id))


def enqueuing(condition: sa.ColumnElement[bool], *first: sa.Column[Any]) -> Compiled:
    """Return the statement for `enqueue_foremost`: of the deliveries for which `condition` holds,
    those that come first by the columns `first`, then by number.

    What has nothing in such a column comes last.
    """
    order = (*(column.asc().nulls_last() for column in first), deliveries.c.id)

    def statement(dialect: str) -> ReturningUpdate[Any]:
        enqueued = sa.update(deliveries).where(
            foremost(dialect, condition, *order), checked(condition)
        )
        return enqueued.values(asked_at=sa.bindparam("now")).returning(
            deliveries.c.id, deliveries.c.destination, deliveries.c.type, *first
        )

    return Compiled(statement)


def enqueue_foremost(
    tx: Tx, statement: Compiled, *, now: datetime, limit: int, **values: object
) -> int:
    """Ask for deliveries; `values` are the parameters of the condition. Returns how many."""
    rows = statement.all(tx, {"now": now, "most": limit, **values})
    # RETURNING keeps no order, and the relay publishes in that of the outbox.
    ordered = sorted(rows, key=lambda row: ([(it is None, it) for it in row[3:]], row.id))
    outbox.put(tx, (enqueue(row.id, row.destination, row.type) for row in ordered))
    return len(rows)


def open_all(tx: Tx, new: Sequence[NewDelivery], now: datetime) -> None:
    """Insert deliveries in order: the head of a free lane is pending and enqueued, others held."""
    if not new:
        return
    wanted: dict[str, set[str]] = {}
    for item in new:
        if item.lane:
            wanted.setdefault(item.destination, set()).add(item.lane)
    busy = set()
    for destination, names in sorted(wanted.items()):  # in one order, as in a lock of many lanes
        lock_lanes(tx, destination, names)
        found = statements.BUSY.scalars(tx, {"to": destination, "names": names})
        busy |= {(destination, lane) for lane in found}
    rows = []
    for item in new:
        place = (item.destination, item.lane)
        state = S.HELD if place in busy else S.PENDING
        if item.lane:
            busy.add(place)
        rows.append(
            {
                "message_id": item.message_id,
                "destination": item.destination,
                "type": item.type,
                "lane": item.lane,
                "state": state.value,
                "asked_at": now if state is S.PENDING else None,
                "deadline": item.deadline,
                "newest_only": item.newest_only,
                "created_at": now,
            }
        )
    inserted = statements.INSERT.all_each(tx, rows)
    outbox.put(tx, (enqueue(r.id, r.destination, r.type) for r in inserted if r.state == S.PENDING))


def open_in_place(tx: Tx, new: NewDelivery, *, instead_of: int, now: datetime) -> int:
    """Open a delivery where another one stands in its lane; return its number.

    It goes before everything that waits behind that one, which has to be settled in the same
    transaction.
    """
    lock_lanes(tx, new.destination, [new.lane])
    place = sa.select(position()).where(deliveries.c.id == instead_of).scalar_subquery()
    values = {
        "message_id": new.message_id,
        "destination": new.destination,
        "type": new.type,
        "lane": new.lane,
        "state": S.PENDING.value,
        "asked_at": now,
        "place": place,
        "deadline": new.deadline,
        "newest_only": new.newest_only,
        "created_at": now,
    }
    statement = sa.insert(deliveries).values(values).returning(deliveries.c.id)
    id: int = tx.execute(statement).scalar_one()
    outbox.put(tx, [enqueue(id, new.destination, new.type)])
    return id


def lock_lanes(tx: Tx, destination: str, names: Iterable[str]) -> None:
    """Take the lanes' row locks, in one order, until the transaction ends.

    Without them one transaction could open a follower as held while another settles the head
    without seeing it. SQLite has one writer at a time and needs none.
    """
    if tx.dialect.name == "sqlite":
        return
    ordered = sorted(name for name in names if name)
    if not ordered:
        return
    rows = [{"destination": destination, "lane": lane} for lane in ordered]
    statements.ADD_LANES.run_each(tx, rows)
    statements.LOCK_LANES.all(tx, {"to": destination, "names": ordered})


def claim(
    tx: Tx, ids: Sequence[int], destination: str, *, now: datetime, lease_until: datetime
) -> list[Claimed]:
    """Move deliveries that are due to `sending`; others among `ids` are left out."""
    values = {"ids": ids, "to": destination, "now": now, "until": lease_until}
    return with_bodies(tx, statements.CLAIM.all(tx, values))


def with_bodies(tx: Tx, rows: Sequence[Any]) -> list[Claimed]:
    """Complete rows with their messages: the columns of `Claimed` up to its body, in its order."""
    bodies = journal.bodies(tx, [row.message_id for row in rows])
    return [
        Claimed(*(*row, bodies[row.message_id])) for row in sorted(rows, key=lambda row: row.id)
    ]


def check_attempt(tx: Tx, claimed: Iterable[Claimed], *, from_state: S) -> None:
    """Lock the deliveries and raise StateConflict unless each is still at its claimed attempt.

    The state alone does not tell: a delivery whose lease ran out may be `sending` or `ambiguous`
    once more, for a later attempt, and the word on an earlier one must not settle that.
    """
    mine = list(claimed)
    values = {"ids": [one.id for one in mine], "from_state": from_state.value}
    found = {row.id: row.attempts for row in statements.AT_ATTEMPT.all(tx, values)}
    late = [one.id for one in mine if found.get(one.id) != one.attempts]
    if late:
        raise not_in_state(len(late), len(mine), from_state)


def deliver(tx: Tx, done: Sequence[tuple[int, str]], *, now: datetime, from_state: S) -> None:
    """Settle `(id, partner's reference)` as delivered, from `from_state`."""
    rows = [{"d": id, "r": reference or None, "now": now} for id, reference in done]
    if rows:
        _expect(len(rows), statements.delivering(from_state).run_each(tx, rows), from_state)
        counts.settled(tx, [id for id, _ in done])


def wait(
    tx: Tx,
    id: int,
    *,
    from_state: S,
    when: datetime,
    code: str,
    detail: str,
    partner_code: str = "",
    counted: bool = True,
) -> None:
    """Send again at `when`; a wait that does not count gives the attempt back."""
    values = {"next_attempt_at": when, "asked_at": None, **_cause(code, detail, partner_code)}
    _move(tx, id, from_state, S.WAITING, values, given_back=int(not counted))


def _cause(code: str, detail: str, partner_code: str) -> dict[str, object]:
    """Return what is kept of a failure."""
    return {"code": code, "detail": detail, "partner_code": partner_code or None}


def doubt(
    tx: Tx,
    id: int,
    *,
    from_state: S,
    query_at: datetime | None,
    code: str,
    detail: str,
    partner_code: str = "",
    now: datetime | None = None,
) -> None:
    """The effect is unknown: query the partner at `query_at`, or leave it to a person (None).

    `now` is when the call was over on our side.
    """
    values: dict[str, object] = {
        "next_attempt_at": query_at,
        "asked_at": None,
        **statements.doubtful(now),
        **_cause(code, detail, partner_code),
    }
    _move(tx, id, from_state, S.AMBIGUOUS, values)


def kill(tx: Tx, id: int, *, from_state: S, code: str, detail: str, partner_code: str = "") -> None:
    """Certainly without effect, and a person must act; the lane stays closed behind it."""
    _move(tx, id, from_state, S.DEAD, _cause(code, detail, partner_code))


def cancel(tx: Tx, id: int, *, from_state: S, now: datetime, detail: str) -> None:
    """A person takes the delivery out; the lane opens."""
    _settle(tx, id, from_state, S.CANCELLED, now, detail=detail)


def replay(tx: Tx, id: int, *, now: datetime) -> None:
    """Give a dead delivery a new start with the same message id."""
    _move(tx, id, S.DEAD, S.PENDING, {"counted": 0, "asked_at": now, "next_attempt_at": None})
    row = tx.execute(
        sa.select(deliveries.c.id, deliveries.c.destination, deliveries.c.type).where(
            deliveries.c.id == id
        )
    ).one()
    outbox.put(tx, [enqueue(row.id, row.destination, row.type)])


def _move(
    tx: Tx,
    id: int,
    from_state: S,
    state: S | None,
    values: Mapping[str, object],
    *,
    given_back: int = 0,
) -> None:
    move = statements.move_with(from_state, state, frozenset(values), given_back)
    given = {f"new_{name}": value for name, value in values.items()}
    _expect(1, move.run(tx, {"d": id, **given}), from_state)


def _settle(tx: Tx, id: int, from_state: S, state: S, now: datetime, **values: object) -> None:
    """Move into a final state, and count it there."""
    also = {"settled_at": now, "next_attempt_at": None}
    _move(tx, id, from_state, state, {**values, **also})
    counts.settled(tx, [id])


def _expect(wanted: int, count: int, from_state: S) -> None:
    if count != wanted:
        raise not_in_state(wanted - count, wanted, from_state)


def release_followers(tx: Tx, destination: str, names: Iterable[str], now: datetime) -> int:
    """Open the next held delivery of lanes whose earlier ones are all final; return how many."""
    wanted = {name for name in names if name}
    if not wanted:
        return 0
    lock_lanes(tx, destination, wanted)
    rows = statements.RELEASE.all(tx, {"to": destination, "names": wanted, "now": now})
    outbox.put(tx, (enqueue(*row) for row in sorted(rows)))
    return len(rows)


def place_of(tx: Tx, id: int, *, lock: bool = True) -> tuple[S, str, str]:
    """Return (state, destination, lane) of a delivery; raises NoSuchDelivery.

    The row stays locked until the transaction ends; `lock` False is for those who only look.
    """
    row = (statements.LOCKED_PLACE if lock else statements.PLACE).one_or_none(tx, {"d": id})
    if row is None:
        raise NoSuchDelivery(both("deliveries.no_delivery", id=id))
    return S(row.state), row.destination, row.lane


def situation_of(tx: Tx, id: int) -> str:
    """Return what tells two times in the same state apart, see `states.situation`."""
    columns = (deliveries.c.state, deliveries.c.attempts, deliveries.c.code)
    row = tx.execute(sa.select(*columns).where(deliveries.c.id == id)).one_or_none()
    return "" if row is None else situation(S(row.state), row.attempts, row.code or "")


def supersede(tx: Tx, id: int, *, from_state: S, now: datetime) -> None:
    """A newer one makes it needless; the lane opens."""
    _settle(tx, id, from_state, S.SUPERSEDED, now)


def deliver_by_hand(tx: Tx, id: int, *, from_state: S, now: datetime, detail: str) -> None:
    """A person took it there on paper: the retries stop and the lane opens."""
    _settle(tx, id, from_state, S.BY_HAND, now, detail=detail)


def retry_absent(tx: Tx, id: int, *, now: datetime) -> None:
    """The partner proved that it does not have it: send again now, same message id."""
    why = "the partner was asked and does not have it"
    values = {"next_attempt_at": now, "asked_at": None, "detail": why}
    _move(tx, id, S.AMBIGUOUS, S.WAITING, values)


def leave_to_person(tx: Tx, id: int, *, why: str = "", code: str = "") -> None:
    """Nothing could be proven: stop asking, a person resolves it. `code`: of the last question."""
    details = ({"detail": why} if why else {}) | ({"code": code} if code else {})
    _move(tx, id, S.AMBIGUOUS, None, {"next_attempt_at": None, **details})
