"""Comparisons that persons order on the console: how far each is, and what it found.

A row stays as evidence of what was compared, when, by whom, with which result; what became of the
differences stands in their tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.repair.tasks import TaskFinding
from hub.store.schema.tables import repair
from hub.store.schema.tables.repair import comparisons as table
from hub.store.schema.tables.repair import tasks
from hub.texts import Text

PAGE = 50
LEASE = timedelta(minutes=2)
"""How long a worker is believed to compare after its last sign of life."""


class ComparisonState(StrEnum):
    """Where a comparison is."""

    WANTED = repair.WANTED
    """Ordered; a process compares, or will."""
    DONE = repair.DONE


class KeptDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference as it was found."""

    kind: str
    subject: str
    destination: str
    owner: str
    detail: tuple[str, str]
    repair: tuple[str, str]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found."""

    dossiers: int
    opened: int
    closed: int
    unsure: int
    """Dossiers that could not be compared now."""
    differences: tuple[KeptDifference, ...]
    sha256: str = ""
    """Of a partner's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedComparison:
    """A comparison of a day."""

    number: int
    day: date
    partner: str
    """"" for all partners."""
    by_list: bool
    state: ComparisonState
    made_at: datetime
    made_by: str
    examined: int
    total: int
    ended_at: datetime | None
    result: Result | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedComparison:
    """A comparison as the list shows it: its counts are kept, its differences are not read."""

    number: int
    day: date
    partner: str
    by_list: bool
    made_at: datetime
    made_by: str
    dossiers: int | None
    """None until it is done, as `differences`."""
    differences: int | None


def result_of(
    findings: Sequence[TaskFinding],
    *,
    dossiers: int,
    opened: int,
    closed: int,
    unsure: int,
    sha256: str = "",
) -> Result:
    """Return what is kept of a comparison."""
    return Result(
        dossiers=dossiers,
        opened=opened,
        closed=closed,
        unsure=unsure,
        sha256=sha256,
        differences=tuple(
            KeptDifference(
                kind=it.kind,
                subject=it.subject,
                destination=it.destination,
                owner=it.owner,
                detail=(it.detail.vi, it.detail.en),
                repair=(it.repair.vi, it.repair.en),
            )
            for it in findings
        ),
    )


def text_of(pair: tuple[str, str]) -> Text:
    """Return a kept text."""
    return Text(*pair)


def add(
    tx: Tx,
    day: date,
    partner: str,
    *,
    form: str,
    actor: str,
    now: datetime,
    result: Result | None = None,
) -> int:
    """Order a comparison, or keep one by a list that is done; return its number.

    That of the first for a form that is sent again.
    """
    values: dict[str, Any] = {"day": day.isoformat(), "partner": partner, "form": form}
    values |= {"made_at": now, "made_by": actor, "examined": 0, "total": 0}
    values |= {"by_list": result is not None, "state": ComparisonState.WANTED.value}
    if result is not None:
        values |= _ended(result, now)
    statement = insert(tx, table).on_conflict_do_nothing().values(values)
    made = tx.execute(statement.returning(table.c.number)).scalar()
    return made if made is not None else _of_form(tx, form)


def _of_form(tx: Tx, form: str) -> int:
    number: int = tx.execute(sa.select(table.c.number).where(table.c.form == form)).scalar_one()
    return number


def is_sent(tx: Tx, form: str) -> int | None:
    """Return the comparison that a form has ordered, None for none."""
    return tx.execute(sa.select(table.c.number).where(table.c.form == form)).scalar()


def numbered(tx: Tx, number: int) -> OrderedComparison | None:
    """Return a comparison, None where there is none."""
    row = tx.execute(sa.select(table).where(table.c.number == number)).mappings().one_or_none()
    return None if row is None else _comparison(row)


def newest(tx: Tx, *, before: int | None = None) -> list[ListedComparison]:
    """Return a page of comparisons, the newest first; `before`: below that number."""
    query = sa.select(*(table.c[name] for name in ListedComparison.__slots__))
    if before is not None:
        query = query.where(table.c.number < before)
    rows = tx.execute(query.order_by(table.c.number.desc()).limit(PAGE)).mappings()
    return [ListedComparison(**dict(row) | {"day": date.fromisoformat(row["day"])}) for row in rows]


def is_some_free(tx: Tx, *, now: datetime) -> bool:
    """Return whether a comparison waits for a worker."""
    return tx.execute(sa.select(table.c.number).where(*_free(now)).limit(1)).first() is not None


def claim(tx: Tx, worker: str, *, now: datetime) -> OrderedComparison | None:
    """Claim the oldest comparison that waits; None for none."""
    oldest = sa.select(sa.func.min(table.c.number)).where(*_free(now)).scalar_subquery()
    statement = sa.update(table).where(table.c.number == oldest, *_free(now))
    statement = statement.values(worker=worker, lease_until=now + LEASE).returning(table)
    row = tx.execute(statement).mappings().one_or_none()
    return None if row is None else _comparison(row)


def extend(tx: Tx, number: int, worker: str, examined: int, total: int, *, now: datetime) -> bool:
    """Write how far a comparison is; False where another process compares."""
    values = {"lease_until": now + LEASE, "examined": examined, "total": total}
    return tx.execute(_of_worker(number, worker).values(values)).rowcount == 1


def release(tx: Tx, number: int, worker: str) -> None:
    """Give a comparison back, so that another process begins it anew."""
    tx.execute(_of_worker(number, worker).values(worker=None, lease_until=None))


def end(tx: Tx, number: int, worker: str, result: Result, *, now: datetime) -> None:
    """Keep what a comparison found."""
    tx.execute(_of_worker(number, worker).values(_ended(result, now)))


@dataclass(frozen=True, slots=True)
class TaskOfDifference:
    """The last task about a difference."""

    number: int
    due_at: datetime | None
    closed_at: datetime | None


def tasks_of(
    tx: Tx, differences: Sequence[KeptDifference]
) -> dict[tuple[str, str, str], TaskOfDifference]:
    """Return the tasks of differences by kind, subject and partner."""
    wanted = [(it.kind, it.subject, it.destination) for it in differences]
    if not wanted:
        return {}
    key = (tasks.c.kind, tasks.c.subject, tasks.c.destination)
    query = sa.select(*key, tasks.c.number, tasks.c.due_at, tasks.c.closed_at)
    subjects = sorted({subject for _, subject, _ in wanted})
    rows = tx.execute(query.where(tasks.c.subject.in_(subjects)).order_by(tasks.c.number))
    return {
        (row.kind, row.subject, row.destination): TaskOfDifference(
            row.number, row.due_at, row.closed_at
        )
        for row in rows
    }


def _free(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    free = sa.or_(table.c.lease_until.is_(None), table.c.lease_until < now)
    return table.c.state == ComparisonState.WANTED.value, free


def _of_worker(number: int, worker: str) -> sa.Update:
    return sa.update(table).where(table.c.number == number, table.c.worker == worker)


def _ended(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "state": ComparisonState.DONE.value,
        "ended_at": now,
        "result": msgspec.json.encode(result).decode(),
        "dossiers": result.dossiers,
        "differences": len(result.differences),
        "worker": None,
        "lease_until": None,
    }


def _comparison(row: sa.RowMapping) -> OrderedComparison:
    kept = row["result"]
    return OrderedComparison(
        number=row["number"],
        day=date.fromisoformat(row["day"]),
        partner=row["partner"],
        by_list=row["by_list"],
        state=ComparisonState(row["state"]),
        made_at=row["made_at"],
        made_by=row["made_by"],
        examined=row["examined"],
        total=row["total"],
        ended_at=row["ended_at"],
        result=msgspec.json.decode(kept, type=Result) if kept else None,
    )
