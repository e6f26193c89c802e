"""Tasks: what a person has to look after; one open task for a kind, a subject and a partner."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.rules.actors import BY_HUB
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries.transitions import position
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.exchange import deliveries, journal
from hub.store.schema.tables.records import dossier_events, dossiers
from hub.store.schema.tables.repair import tasks
from hub.store.statements.compiled import Compiled
from hub.texts import Explained, Text, both

GONE = "the difference is gone"
"""Who closes a task whose difference is gone, and why."""
_OPEN_NUMBER = Compiled(
    sa.select(tasks.c.number).where(
        tasks.c.kind == sa.bindparam("which"),
        tasks.c.subject == sa.bindparam("about"),
        tasks.c.destination == sa.bindparam("partner"),
        tasks.c.closed_at.is_(None),
    )
)  # asked at each callback of a partner


class NoSuchTask(Explained):
    """There is no open task with that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinding:
    """Something to look after; `subject` is a dossier number, or an operation with its code."""

    kind: str
    subject: str
    destination: str
    owner: str
    detail: Text
    repair: Text
    delivery_id: int | None = None
    """Where it is about one delivery: such a finding has one task, ever."""
    list_day: str | None = None
    """The day, as YYYY-MM-DD, of the partner's list that shows it, where one does."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two findings the same one."""
        return self.kind, self.subject, self.destination

    @property
    def content(self) -> tuple[str, str, str]:
        """What a person has seen who closed its task, see `settled_by_hand`."""
        return self.kind, self.subject, _as_last_release(self.detail)


def open_once(tx: Tx, found: TaskFinding, *, due_at: datetime | None, now: datetime) -> bool:
    """Open a task for a finding; False when it has one already."""
    values = asdict(found) | {"opened_at": now, "due_at": due_at}
    return tx.execute(insert(tx, tasks).on_conflict_do_nothing(), values).rowcount == 1


def open_number(tx: Tx, kind: str, subject: str, destination: str) -> int | None:
    """Return the number of the open task of a finding, None when it has none."""
    row = _OPEN_NUMBER.one_or_none(tx, {"which": kind, "about": subject, "partner": destination})
    return row.number if row else None


def open_among_few(tx: Tx, found: TaskFinding, *, most: int, now: datetime) -> bool:
    """Open a task as `open_once`, without a due time; False, too, when `most` of its kind are open.

    For findings of which a partner can make any number.
    """
    query = sa.select(sa.func.count()).where(
        tasks.c.kind == found.kind,
        tasks.c.destination == found.destination,
        tasks.c.closed_at.is_(None),
    )
    if tx.execute(query).scalar_one() >= most:
        return False
    return open_once(tx, found, due_at=None, now=now)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open task: its number, and what it is about."""

    number: int
    destination: str
    subject: str


def open_of_kind(tx: Tx, kind: str) -> list[OpenTask]:
    """Return the open tasks of a kind."""
    query = sa.select(tasks.c.number, tasks.c.destination, tasks.c.subject)
    query = query.where(tasks.c.kind == kind, tasks.c.closed_at.is_(None)).order_by(tasks.c.number)
    return [OpenTask(row.number, row.destination, row.subject) for row in tx.execute(query)]


def open_by_owner(tx: Tx) -> dict[str, int]:
    """Return how many tasks of each owner are open."""
    query = sa.select(tasks.c.owner, sa.func.count()).where(tasks.c.closed_at.is_(None))
    return dict(map(tuple, tx.execute(query.group_by(tasks.c.owner))))


def still_open(tx: Tx) -> Sequence[sa.Row[Any]]:
    """Return the open tasks, the most urgent first."""
    query = sa.select(tasks).where(tasks.c.closed_at.is_(None))
    return tx.execute(
        query.order_by(tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.number)
    ).all()


def close(tx: Tx, number: int, *, actor: str, reason: str, now: datetime) -> None:
    """Close a task; raises NoSuchTask."""
    statement = sa.update(tasks).where(tasks.c.number == number, tasks.c.closed_at.is_(None))
    statement = statement.values(closed_at=now, closed_by=actor, closed_why=reason)
    if tx.execute(statement).rowcount != 1:
        raise NoSuchTask(both("tasks.no_open_task", number=number))


def close_gone(tx: Tx, number: int, *, now: datetime) -> None:
    """Close a task whose difference is gone; raises NoSuchTask."""
    close(tx, number, actor=BY_HUB, reason=GONE, now=now)


def some_are(tx: Tx, needless: sa.ColumnElement[bool]) -> bool:
    """Return whether a task is needless, by the condition of its kind."""
    return bool(_question_of(needless).scalars(tx)[0])


@cache
def _question_of(needless: sa.ColumnElement[bool]) -> Compiled:
    """Return the question of a kind of tasks; there are as many as conditions, written once."""
    return Compiled(sa.select(sa.exists().where(needless).label("some")))


def close_all(
    tx: Tx, needless: sa.ColumnElement[bool], *, actor: str, reason: str, now: datetime
) -> int:
    """Close the tasks that are needless, by the condition of their kind; return how many."""
    values = {"closed_at": now, "closed_by": actor, "closed_why": reason}
    return tx.execute(sa.update(tasks).where(needless).values(values)).rowcount


def settled_by_hand(tx: Tx, destination: str, list_day: str) -> set[tuple[str, str, str]]:
    """Return the content of what a person closed of a partner's list of a day."""
    query = sa.select(tasks.c.kind, tasks.c.subject, tasks.c.detail)
    query = query.where(tasks.c.destination == destination, tasks.c.list_day == list_day)
    query = query.where(
        tasks.c.closed_at.is_not(None),
        sa.or_(tasks.c.closed_by != BY_HUB, tasks.c.closed_why != GONE),
    )
    return {(it.kind, it.subject, _as_last_release(it.detail)) for it in tx.execute(query)}


def _as_last_release(detail: Text) -> str:
    """Return a detail as the last release wrote it, so that its rows are known again."""
    return detail.stored().replace("\u00a0", " ")


def changed_between(tx: Tx, start: datetime, end: datetime) -> set[str]:
    """Return the numbers of dossiers that were received or had an event in [start, end).

    Without those whose personal data was erased: there is nothing left to compare.
    """
    received = sa.select(dossiers.c.number).where(
        dossiers.c.received_at >= start, dossiers.c.received_at < end
    )
    happened = sa.select(dossier_events.c.number).join(
        dossiers, dossiers.c.number == dossier_events.c.number
    )
    happened = happened.where(
        dossier_events.c.at >= start, dossier_events.c.at < end, dossiers.c.erased_at.is_(None)
    )
    received = received.where(dossiers.c.erased_at.is_(None))
    return set(tx.execute(received.union(happened)).scalars())


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery of a dossier with its message."""

    id: int
    destination: str
    type: str
    state: S
    message: Message
    settled_at: datetime | None = None


def of_dossier(tx: Tx, number: str) -> tuple[int | None, list[Sent]]:
    """Return the ward's status of a dossier and its deliveries in the order of their lanes."""
    status = tx.execute(
        sa.select(dossiers.c.status).where(dossiers.c.number == number)
    ).scalar_one_or_none()
    query = sa.select(
        deliveries.c.id,
        deliveries.c.destination,
        deliveries.c.type,
        deliveries.c.state,
        deliveries.c.settled_at,
        journal.c.body,
    )
    query = query.join(journal, journal.c.id == deliveries.c.message_id).where(
        deliveries.c.lane == number
    )
    rows = tx.execute(query.order_by(position())).all()
    return status, [
        Sent(
            row.id, row.destination, row.type, S(row.state), decode_stored(row.body), row.settled_at
        )
        for row in rows
    ]


def status_sent(sent: Sent) -> int | None:
    """Return the status that a message tells, None when it tells none."""
    status: int | None = getattr(catalog.read(sent.message), "status", None)
    return status
