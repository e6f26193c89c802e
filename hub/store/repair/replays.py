"""Replay plans in the store: the frozen selection, what was seen of each delivery, what was done.

An item is done once: `mark` is a conditional UPDATE, so two runs of a plan cannot both do it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries.delivery_statements import RESTORED, position, replaces
from hub.store.engine.store import Tx
from hub.store.schema.tables.changes import change_epochs
from hub.store.schema.tables.exchange import UNSETTLED, attempts, deliveries
from hub.store.schema.tables.repair import (
    FINISHED,
    MADE,
    RUNNING,
    STOPPED,
    replay_items,
    replay_plans,
)
from hub.store.statements.plan_hints import unindexed
from hub.texts import Text, text

_LAST = (
    sa.select(attempts.c.code)
    .where(attempts.c.delivery_id == deliveries.c.id, attempts.c.code.is_not(None))
    .order_by(attempts.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_FAULT = sa.case(
    (deliveries.c.code == "attempts_exhausted", sa.func.coalesce(_LAST, deliveries.c.code)),
    else_=sa.func.coalesce(deliveries.c.code, ""),
).label("fault")
"""The fault behind a delivery's code: that attempts ran out says nothing of why they failed."""


MOST = 20_000
"""Deliveries of one plan: the first ones of its selection."""


class NoSuchPlan(Exception):
    """There is no replay plan with that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFilter:
    """Which dead deliveries; what is not given does not narrow it. Times are of opening."""

    delivery: int | None = None
    destination: str = ""
    type: str = ""
    code: str = ""
    fault: str = ""
    """The hub's code, or the partner's."""
    dossier: str = ""
    since: datetime | None = None
    until: datetime | None = None
    due_before: datetime | None = None
    up_to: int | None = None
    """The highest delivery number that belongs to it."""

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The selection as conditions on deliveries."""
        given: dict[Any, object] = {
            deliveries.c.id: self.delivery,
            deliveries.c.destination: self.destination,
            deliveries.c.type: self.type,
            deliveries.c.code: self.code,
            deliveries.c.lane: self.dossier,
        }
        found: list[sa.ColumnElement[bool]] = [
            column == value for column, value in given.items() if value
        ]
        if self.since:
            found.append(deliveries.c.created_at >= self.since)
        if self.until:
            found.append(deliveries.c.created_at < self.until)
        if self.fault:
            codes = (deliveries.c.code, deliveries.c.partner_code)
            found.append(sa.or_(*(unindexed(code) == self.fault for code in codes)))
        if self.due_before:
            found.append(deliveries.c.deadline < self.due_before)
        if self.up_to:
            found.append(deliveries.c.id + 0 <= self.up_to)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dead delivery of the selection, as it is now."""

    id: int
    message_id: str
    destination: str
    type: str
    lane: str
    attempts: int
    fault: str
    """The code of its last failure; where attempts ran out, that of the last attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayItem:
    """One delivery of a plan: what was seen, and what was done with it (None: nothing yet)."""

    delivery_id: int
    attempts: int
    fault: str
    verdict: str
    detail: str = ""
    reference: str = ""
    response_hash: str = ""
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """A plan: its state, and why it ended."""

    number: int
    state: str
    made_at: datetime
    run_at: datetime | None
    why: str | None

    @property
    def over(self) -> bool:
        """Whether it was run to its end."""
        return self.state in (FINISHED, STOPPED)


def select(tx: Tx, selection: ReplayFilter, *, limit: int = MOST) -> list[Candidate]:
    """Return the dead deliveries of a selection in the order of their lanes."""
    query = sa.select(
        deliveries.c.id,
        deliveries.c.message_id,
        deliveries.c.destination,
        deliveries.c.type,
        deliveries.c.lane,
        deliveries.c.attempts,
        _FAULT,
    )
    query = query.where(deliveries.c.state == S.DEAD.value, UNSETTLED, *selection.conditions)
    rows = tx.execute(query.order_by(position()).limit(limit)).mappings()
    return [Candidate(**row) for row in rows]


def dead_codes(tx: Tx) -> list[str]:
    """Return the codes that dead deliveries have."""
    query = (
        sa.select(deliveries.c.code).distinct().where(deliveries.c.state == S.DEAD.value, UNSETTLED)
    )
    return list(tx.execute(query.where(deliveries.c.code.is_not(None))).scalars())


def replaced_by(tx: Tx, id: int) -> int | None:
    """Return a later delivery that makes this one needless, None when there is none."""
    mine, newer = deliveries.alias(), deliveries.alias()
    return tx.execute(_beside(mine, newer, id).where(replaces(newer, mine))).scalar()


def overtaken_by(tx: Tx, id: int) -> int | None:
    """Return a later delivery of the lane that was already delivered, None when there is none."""
    mine, later = deliveries.alias(), deliveries.alias()
    query = _beside(mine, later, id).where(position(later) > position(mine))
    return tx.execute(query.where(later.c.state == S.DELIVERED.value)).scalar()


def last_call_ended(tx: Tx, id: int) -> datetime | None:
    """Return when the last call that sent a delivery was over, None where there was none."""
    ended = sa.func.max(sa.func.coalesce(attempts.c.finished_at, attempts.c.started_at))
    query = sa.select(ended).where(attempts.c.delivery_id == id, attempts.c.kind == "send")
    at: datetime | None = tx.execute(query).scalar()
    return at


def last_restored(tx: Tx) -> datetime | None:
    """Return when an old copy of the database was put back the last time, None where none was."""
    # Epoch 1 began with the installation, each later one with a restore.
    put_back = sa.select(sa.func.max(change_epochs.c.began_at)).where(change_epochs.c.seq > 1)
    at: datetime | None = tx.execute(put_back).scalar()
    return at


def is_restored_since(tx: Tx, id: int) -> bool:
    """Tell whether an old copy of the database was put back after a delivery's last call.

    It may have been sent again in the time that was lost.
    """
    at = last_restored(tx)
    if at is None:
        return False
    ended_at = last_call_ended(tx, id)
    return ended_at is None or ended_at <= at


def may_have_gone_before_restore(tx: Tx, id: int) -> bool:
    """Tell whether the partner may have a delivery from the time that a lost database knew.

    One that waits behind others is marked. Any other one that the copy knew was called before the
    restore, or is dead without a call. It may be there until its partner was asked: a call is no
    question.
    """
    at = last_restored(tx)
    if at is None:
        return False
    mine = tx.execute(
        sa.select(deliveries.c.state, deliveries.c.code).where(deliveries.c.id == id)
    ).one()
    if mine.state == S.HELD.value:
        return bool(mine.code == RESTORED)
    known = (attempts.c.kind, attempts.c.started_at, attempts.c.finished_at, attempts.c.outcome)
    calls = tx.execute(sa.select(*known).where(attempts.c.delivery_id == id)).all()
    if any(it.kind == "find" and it.started_at > at and it.outcome == "absent" for it in calls):
        return False
    if not calls:
        return bool(mine.state == S.DEAD.value)
    return any(it.kind == "send" and (it.finished_at or it.started_at) <= at for it in calls)


def open_before(tx: Tx, id: int) -> list[int]:
    """Return the deliveries before this one in its lane that are not final."""
    mine, earlier = deliveries.alias(), deliveries.alias()
    query = _beside(mine, earlier, id).where(position(earlier) < position(mine))
    return list(tx.execute(query.where(earlier.c.settled_at.is_(None))).scalars())


def _beside(mine: Any, other: Any, id: int) -> sa.Select[int]:
    return (
        sa.select(other.c.id)
        .where(mine.c.id == id, mine.c.lane != "", other.c.lane == mine.c.lane)
        .where(other.c.destination == mine.c.destination)
        .order_by(position(other))
    )


def create(
    tx: Tx, selection: ReplayFilter, items: Sequence[ReplayItem], *, actor: str, now: datetime
) -> int:
    """Store a plan with its items in order; return its number."""
    text = msgspec.json.encode({k: v for k, v in asdict(selection).items() if v}).decode()
    values = {"selection": text, "state": MADE, "made_at": now, "made_by": actor}
    statement = sa.insert(replay_plans).values(values).returning(replay_plans.c.number)
    number: int = tx.execute(statement).scalar_one()
    add_items(tx, number, items)
    return number


def add_items(tx: Tx, number: int, items: Sequence[ReplayItem]) -> None:
    """Store the items of a plan in order."""
    rows = [asdict(item) | {"plan": number, "rank": rank} for rank, item in enumerate(items)]
    if rows:
        tx.execute(sa.insert(replay_items), rows)


def plan_of(tx: Tx, number: int, *, lock: bool = True) -> ReplayPlan:
    """Return a plan, locked until the transaction ends unless told not; raises NoSuchPlan."""
    query = sa.select(
        replay_plans.c.number,
        replay_plans.c.state,
        replay_plans.c.made_at,
        replay_plans.c.run_at,
        replay_plans.c.why,
    ).where(replay_plans.c.number == number)
    row = tx.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NoSuchPlan(text("deliveries.no_plan", number=number))
    return ReplayPlan(*row)


def selection_of(tx: Tx, number: int) -> ReplayFilter:
    """Return the selection of a plan. Raises NoSuchPlan."""
    query = sa.select(replay_plans.c.selection).where(replay_plans.c.number == number)
    kept = tx.execute(query).scalar()
    if kept is None:
        raise NoSuchPlan(text("deliveries.no_plan", number=number))
    return msgspec.json.decode(kept, type=ReplayFilter)


def items_of(tx: Tx, number: int) -> list[ReplayItem]:
    """Return the items of a plan in order."""
    names = list(ReplayItem.__slots__)
    query = sa.select(*(replay_items.c[name] for name in names))
    query = query.where(replay_items.c.plan == number).order_by(replay_items.c.rank)
    return [ReplayItem(**row) for row in tx.execute(query).mappings()]


def outcomes_of(tx: Tx, number: int) -> dict[str, int]:
    """Return how many items of a plan have each outcome; those without one are not counted."""
    query = sa.select(replay_items.c.outcome, sa.func.count().label("n"))
    query = query.where(replay_items.c.plan == number, replay_items.c.outcome.is_not(None))
    return {row.outcome: row.n for row in tx.execute(query.group_by(replay_items.c.outcome))}


def begin(tx: Tx, number: int, now: datetime) -> None:
    """Record that a plan is being run."""
    statement = sa.update(replay_plans).where(replay_plans.c.number == number)
    tx.execute(statement.values(state=RUNNING, run_at=now))


def end(tx: Tx, number: int, *, stopped: bool, why: str, now: datetime) -> None:
    """Record how the run of a plan ended."""
    statement = sa.update(replay_plans).where(replay_plans.c.number == number)
    tx.execute(statement.values(state=STOPPED if stopped else FINISHED, why=why, ended_at=now))


def stop_all(tx: Tx, *, why: Text, now: datetime) -> None:
    """Stop every plan that is not over."""
    going_on = sa.update(replay_plans).where(replay_plans.c.state.in_((MADE, RUNNING)))
    tx.execute(going_on.values(state=STOPPED, why=why.stored(), ended_at=now))


def mark(tx: Tx, number: int, id: int, outcome: str, now: datetime) -> bool:
    """Record what is done with an item; False when something was done with it before."""
    statement = sa.update(replay_items).where(
        replay_items.c.plan == number, replay_items.c.delivery_id == id
    )
    statement = statement.where(replay_items.c.outcome.is_(None)).values(
        outcome=outcome, done_at=now
    )
    return tx.execute(statement).rowcount == 1


def still_as_seen(tx: Tx, item: ReplayItem) -> bool:
    """Tell, with the row locked, whether a delivery is dead as the plan saw it."""
    query = (
        sa.select(deliveries.c.state, deliveries.c.attempts)
        .where(deliveries.c.id == item.delivery_id)
        .with_for_update()
    )
    row = tx.execute(query).one()
    return (row.state, row.attempts) == (S.DEAD.value, item.attempts)


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """How far a delivery is, with the fault of its last failure."""

    state: S
    attempts: int
    fault: str


def progress_of(tx: Tx, ids: Iterable[int]) -> dict[int, DeliveryProgress]:
    """Return how far deliveries are, by number."""
    query = sa.select(deliveries.c.id, deliveries.c.state, deliveries.c.attempts, _FAULT).where(
        deliveries.c.id.in_(list(ids))
    )
    return {
        row.id: DeliveryProgress(S(row.state), row.attempts, row.fault) for row in tx.execute(query)
    }
