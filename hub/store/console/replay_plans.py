"""Replay plans for the console: one with its counts and items, and the list of all, newest first.

What is counted are the items of one plan, at most `replays.MOST`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.repair import replay_work
from hub.store.repair.replay_work import ReplayWork
from hub.store.repair.replays import ReplayFilter
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.repair import WOULD_SEND, replay_items, replay_plans

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlan:
    """A plan with the work on it (None: of an older release)."""

    number: int
    state: str
    made_at: datetime
    made_by: str
    run_at: datetime | None
    ended_at: datetime | None
    why: str | None
    selection: ReplayFilter
    work: ReplayWork | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCount:
    """How many items of a plan have a verdict for the same reason."""

    verdict: str
    detail: str
    count: int
    done: int
    """Of these, those with which something was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """One delivery of a plan."""

    rank: int
    delivery: int
    lane: str
    fault: str
    verdict: str
    detail: str
    outcome: str
    state: str
    """Of the delivery now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCounts:
    """What a plan shows, and what became of it."""

    verdicts: Sequence[VerdictCount]
    outcomes: Mapping[str, int]
    sent: Mapping[str, int]
    """The deliveries that the plan sent, by their states now."""

    @property
    def total(self) -> int:
        """How many deliveries the plan has."""
        return sum(it.count for it in self.verdicts)

    @property
    def done(self) -> int:
        """With how many of them something was done."""
        return sum(self.outcomes.values())

    @property
    def to_send(self) -> int:
        """How many would be sent, or were."""
        return sum(it.count for it in self.verdicts if it.verdict == WOULD_SEND)


def numbered(tx: Tx, number: int) -> ListedPlan | None:
    """Return a plan, None where there is none."""
    found = _plans(tx, replay_plans.c.number == number)
    return found[0] if found else None


def newest(tx: Tx, *, before: int | None = None, limit: int = PAGE) -> list[ListedPlan]:
    """Return plans, the newest first, below the number `before`."""
    return _plans(tx, sa.true() if before is None else replay_plans.c.number < before, limit)


def _plans(tx: Tx, which: sa.ColumnElement[bool], limit: int = 1) -> list[ListedPlan]:
    query = sa.select(replay_plans).where(which).order_by(replay_plans.c.number.desc())
    return [
        ListedPlan(
            **{name: value for name, value in row.items() if name != "selection"},
            selection=msgspec.json.decode(row["selection"], type=ReplayFilter),
            work=replay_work.of_plan(tx, row["number"]),
        )
        for row in tx.execute(query.limit(limit)).mappings().all()
    ]


def counts(tx: Tx, number: int) -> PlanCounts:
    """Return the counts of a plan."""
    mine = replay_items.c.plan == number
    kinds = (replay_items.c.verdict, replay_items.c.detail, replay_items.c.outcome)
    query = sa.select(*kinds, sa.func.count()).where(mine).group_by(*kinds)
    outcomes: Counter[str] = Counter()
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for verdict, detail, outcome, n in tx.execute(query):
        count, done = found.get((verdict, detail), (0, 0))
        found[verdict, detail] = count + n, done + (n if outcome else 0)
        if outcome:
            outcomes[outcome] += n
    verdicts = [
        VerdictCount(verdict=verdict, detail=detail, count=count, done=done)
        for (verdict, detail), (count, done) in found.items()
    ]
    return PlanCounts(
        verdicts=sorted(verdicts, key=lambda it: (-it.count, it.verdict, it.detail)),
        outcomes=outcomes,
        sent=_sent(tx, mine) if outcomes["sent"] else {},
    )


def _sent(tx: Tx, mine: sa.ColumnElement[bool]) -> dict[str, int]:
    """Return the states of the deliveries that a plan has sent."""
    query = (
        sa.select(deliveries.c.state, sa.func.count())
        .join_from(replay_items, deliveries, deliveries.c.id == replay_items.c.delivery_id)
        .where(mine, replay_items.c.outcome == "sent")
        .group_by(deliveries.c.state)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def items(tx: Tx, number: int, *, after: int = -1, limit: int = PAGE) -> list[ListedItem]:
    """Return the items of a plan behind a rank, in the order in which they are worked off."""
    query = (
        sa.select(
            replay_items.c.rank,
            replay_items.c.delivery_id.label("delivery"),
            deliveries.c.lane,
            replay_items.c.fault,
            replay_items.c.verdict,
            replay_items.c.detail,
            sa.func.coalesce(replay_items.c.outcome, "").label("outcome"),
            deliveries.c.state,
        )
        .join_from(replay_items, deliveries, deliveries.c.id == replay_items.c.delivery_id)
        .where(replay_items.c.plan == number, replay_items.c.rank > after)
        .order_by(replay_items.c.rank)
        .limit(limit)
    )
    return [ListedItem(**row) for row in tx.execute(query).mappings()]
