"""Where the work on a replay plan is: its phase, and the lease of the process that works on it.

Each move is an UPDATE from a phase whose row count is checked, so of two persons who click one is
told. A worker that has lost its lease, or whose plan is paused or cancelled, is told so by `extend`
in the transaction of its next item: it does nothing more. A run says who ordered it and at which
pace, so that another process goes on as that person ordered.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables import repair
from hub.store.schema.tables.repair import replay_work as table
from hub.store.statements.compiled import Compiled

LEASE = timedelta(minutes=1)
"""How long a worker is believed to work on a plan after its last sign of life."""
PER_SECOND = 5


class ReplayPhase(StrEnum):
    """Where a plan is."""

    PLANNING = repair.PLANNING
    """The partners are being queried about its deliveries, or will be."""
    READY = repair.READY
    RUNNING = repair.RUNNING
    PAUSED = repair.PAUSED
    CANCELLED = repair.CANCELLED
    OVER = repair.OVER


WORKED_ON = frozenset({ReplayPhase.PLANNING, ReplayPhase.RUNNING})
_ENDED = frozenset({ReplayPhase.CANCELLED, ReplayPhase.OVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWork:
    """The work on one plan."""

    plan: int
    phase: ReplayPhase
    total: int
    """Deliveries of its selection, 0 until they are counted."""
    examined: int
    """Deliveries that the partners were queried about so far."""
    per_second: float
    """Deliveries that a run sends in a second, at most."""
    run_by: str
    run_reason: str


@dataclass(frozen=True, slots=True)
class Examined:
    """How many deliveries of a selection the partners were queried about."""

    examined: int
    total: int


_COLUMNS = [table.c[name] for name in ReplayWork.__slots__]


def add(tx: Tx, plan: int, phase: ReplayPhase, *, total: int = 0, form: str | None = None) -> bool:
    """Keep that there is work on a plan; False where the same form, or the plan, has a row."""
    values = {"plan": plan, "phase": phase.value, "total": total, "examined": total, "form": form}
    values |= {"per_second": PER_SECOND, "run_by": "", "run_reason": ""}
    return tx.execute(insert(tx, table).on_conflict_do_nothing(), values).rowcount == 1


def plan_of_form(tx: Tx, form: str) -> int | None:
    """Return the plan that a form has made, None where there is none."""
    return tx.execute(sa.select(table.c.plan).where(table.c.form == form)).scalar()


def of_plan(tx: Tx, plan: int) -> ReplayWork | None:
    """Return the work on a plan; None for a plan of an older release."""
    row = tx.execute(sa.select(*_COLUMNS).where(table.c.plan == plan)).mappings().one_or_none()
    return None if row is None else _work(row)


def move(
    tx: Tx, plan: int, starts: Collection[ReplayPhase], end: ReplayPhase, **also: object
) -> bool:
    """Move a plan from one of some phases to another; False where it is in none of them.

    Its worker, if there is one, has lost its lease.
    """
    statement = sa.update(table).where(table.c.plan == plan, table.c.phase.in_(sorted(starts)))
    values: dict[str, Any] = {"phase": end.value, "worker": None, "lease_until": None, **also}
    return tx.execute(statement.values(values)).rowcount == 1


def cancel_all(tx: Tx) -> None:
    """Cancel the work on every plan that is not over; its worker has lost its lease."""
    going_on = sa.update(table).where(table.c.phase.not_in(sorted(_ENDED)))
    tx.execute(going_on.values(phase=ReplayPhase.CANCELLED.value, worker=None, lease_until=None))


@dataclass(frozen=True, slots=True)
class PlansIn:
    """The plans that one kind of worker takes: those in one phase."""

    phase: ReplayPhase

    def claim(self, tx: Tx, worker: str, *, now: datetime) -> ReplayWork | None:
        """Claim the oldest one that has no worker; None for none."""
        return _claim(tx, _is_free(now, self.phase.value), worker, now)

    def is_some_free(self, tx: Tx, *, now: datetime) -> bool:
        """Return whether there is one without a worker."""
        return bool(_FREE.all(tx, {"phase": self.phase.value, "now": now}))


def _claim(tx: Tx, free: sa.ColumnElement[bool], worker: str, now: datetime) -> ReplayWork | None:
    first = sa.select(table.c.plan).where(free).order_by(table.c.plan).limit(1)
    statement = sa.update(table).where(table.c.plan == first.scalar_subquery(), free)
    values = {"worker": worker, "lease_until": now + LEASE}
    row = tx.execute(statement.values(values).returning(*_COLUMNS)).mappings().one_or_none()
    return None if row is None else _work(row)


def _is_free(
    now: datetime | sa.BindParameter[datetime], phase: str | sa.BindParameter[str]
) -> sa.ColumnElement[bool]:
    """Return the condition of work that waits for a worker; a run belongs to a person."""
    ordered = sa.or_(table.c.phase != ReplayPhase.RUNNING.value, table.c.run_by != "")
    free = sa.or_(table.c.lease_until.is_(None), table.c.lease_until < now)
    return sa.and_(table.c.phase == phase, ordered, free)


_FREE = Compiled(
    sa.select(table.c.plan)
    .where(_is_free(sa.bindparam("now"), sa.bindparam("phase")))
    .limit(sa.literal_column("1"))
)
"""(phase, now) -> a plan without a worker. Each process asks once a second, mostly in vain."""


def take_over(
    tx: Tx,
    plan: int,
    worker: str,
    *,
    run_by: str,
    run_reason: str,
    per_second: float,
    now: datetime,
) -> None:
    """Have a worker run a plan for a person, whichever worked on it before, at the person's pace.

    The caller checked its phase.
    """
    values = {"phase": ReplayPhase.RUNNING.value, "worker": worker, "lease_until": now + LEASE}
    order = {"run_by": run_by, "run_reason": run_reason, "per_second": per_second}
    tx.execute(sa.update(table).where(table.c.plan == plan).values(**values, **order))


def pause(tx: Tx, plan: int, worker: str) -> bool:
    """Pause the run of a worker; False where the worker does not run the plan any more."""
    own = _of_worker(plan, worker).where(table.c.phase == ReplayPhase.RUNNING.value)
    values = {"phase": ReplayPhase.PAUSED.value, "worker": None, "lease_until": None}
    return tx.execute(own.values(values)).rowcount == 1


def extend(
    tx: Tx, plan: int, worker: str, *, now: datetime, examined: Examined | None = None
) -> bool:
    """Extend a lease; False where the worker has to stop: paused, cancelled, or another's."""
    values: dict[str, Any] = {"lease_until": now + LEASE}
    if examined is not None:
        values |= {"examined": examined.examined, "total": examined.total}
    return tx.execute(_of_worker(plan, worker).values(values)).rowcount == 1


def release(tx: Tx, plan: int, worker: str) -> None:
    """Give a plan back, so that another process goes on with it at once."""
    tx.execute(_of_worker(plan, worker).values(worker=None, lease_until=None))


def _of_worker(plan: int, worker: str) -> sa.Update:
    return sa.update(table).where(
        table.c.plan == plan, table.c.worker == worker, table.c.phase.in_(sorted(WORKED_ON))
    )


def _work(row: sa.RowMapping) -> ReplayWork:
    return ReplayWork(**{**row, "phase": ReplayPhase(row["phase"])})
