"""Papers for printers at workstations: each move is a conditional UPDATE, so each happens once."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.edge.print_jobs import KEPT, LEASE, OPEN, JobState, may_follow
from hub.rules.edge.protocol import PrintJob, PrintReport
from hub.store.engine.store import Tx
from hub.store.schema.tables.edge import edge_prints as table
from hub.store.schema.tables.exchange import deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A paper to offer; its fields are columns of the table."""

    message_id: str
    printer: str
    number: str
    sha256: str
    media_type: str
    copies: int
    wanted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptJob:
    """A job as it is kept."""

    id: int
    agent: str
    printer: str
    sha256: str
    media_type: str
    state: JobState
    lease_until: datetime | None
    code: str
    detail: str
    reference: str
    response_hash: str

    def is_given(self, now: datetime) -> bool:
        """Tell whether its agent has it, and may be told so again.

        Not after the lease: a person is asked then, and may have had the paper printed again.
        """
        in_time = self.lease_until is not None and self.lease_until > now
        return self.state is JobState.TAKEN and in_time


def offer(tx: Tx, agent: str, job: NewJob, *, until: datetime) -> int:
    """Offer a job to an agent until a time; return its id."""
    values = {**asdict(job), "agent": agent, "state": JobState.OFFERED.value, "offer_until": until}
    id: int = tx.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    return id


def withdraw(tx: Tx, id: int) -> bool:
    """Take an offer back; tell whether nobody had taken it, nor ever will."""
    here = sa.update(table).where(table.c.id == id, table.c.state == JobState.OFFERED.value)
    return tx.execute(here.values(state=JobState.WITHDRAWN.value)).rowcount == 1


def find(tx: Tx, id: int) -> KeptJob | None:
    """Return a job, None for one that is not kept (any more)."""
    return _one(tx, table.c.id == id)


def latest(tx: Tx, message_id: str) -> KeptJob | None:
    """Return the last job of a paper, None where it has none."""
    return _one(tx, table.c.message_id == message_id)


def claimed(tx: Tx, agent: str, token: str) -> KeptJob | None:
    """Return the job that a token took, None where it took none yet.

    A token whose job is not given again is used: it will never bring another one.
    """
    return _one(tx, _claimed_by(agent, token))


def is_offered(tx: Tx, agent: str, printers: Collection[str], *, now: datetime) -> bool:
    """Tell whether there is a job that a fresh token would take."""
    return tx.execute(_open_offers(agent, printers, now).limit(1)).first() is not None


def claim(
    tx: Tx, agent: str, token: str, printers: Collection[str], *, now: datetime
) -> PrintJob | None:
    """Give an agent the oldest job that is offered to it, None without one.

    The token that took one before gets the same again while the lease lasts, and nothing after it.
    """
    again = tx.execute(sa.select(table).where(_claimed_by(agent, token))).one_or_none()
    if again is not None:
        return _job(again) if _kept(again).is_given(now) else None
    chosen = _open_offers(agent, printers, now).limit(1).scalar_subquery()
    values = {
        "state": JobState.TAKEN.value,
        "token": token,
        "taken_at": now,
        "lease_until": now + LEASE,
    }
    here = sa.update(table).where(table.c.id == chosen, table.c.state == JobState.OFFERED.value)
    row = tx.execute(here.values(values).returning(table)).one_or_none()
    return None if row is None else _job(row)


def renewable(tx: Tx, agent: str, ids: Collection[int], *, now: datetime) -> Sequence[int]:
    """Return which of an agent's jobs have less than half of their lease left."""
    mine = _open_of(agent, ids) & (table.c.lease_until < now + LEASE / 2)
    return tx.execute(sa.select(table.c.id).where(mine)).scalars().all()


def renew(tx: Tx, agent: str, ids: Collection[int], *, now: datetime) -> None:
    """Renew the leases of jobs that an agent has."""
    tx.execute(sa.update(table).where(_open_of(agent, ids)).values(lease_until=now + LEASE))


def report(tx: Tx, agent: str, reported: PrintReport, *, now: datetime) -> str | None:
    """Store what became of a job; return the id of its message where that was not known before.

    What is certain stays. A job that is another one's, or is not kept, changes nothing.
    """
    mine = (
        (table.c.id == reported.job) & (table.c.agent == agent) & (table.c.token == reported.token)
    )
    row = tx.execute(sa.select(table).where(mine).with_for_update()).one_or_none()
    if row is None or not may_follow(JobState(row.state), reported.state):
        return None
    values = {
        "state": reported.state.value,
        "reported_at": now,
        "lease_until": now + LEASE if reported.state in OPEN else now,
        "code": reported.code,
        "detail": reported.detail,
        "reference": reported.reference,
        "response_hash": reported.response_hash,
    }
    tx.execute(sa.update(table).where(mine).values(values))
    return str(row.message_id)


def withdraw_given(tx: Tx, delivery: int) -> None:
    """Take back what is given of a paper whose delivery a person has settled."""
    message = sa.select(deliveries.c.message_id).where(deliveries.c.id == delivery)
    states = [JobState.OFFERED.value, JobState.TAKEN.value]
    here = (table.c.message_id == message.scalar_subquery()) & table.c.state.in_(states)
    tx.execute(sa.update(table).where(here).values(state=JobState.WITHDRAWN.value))


def end_offers(tx: Tx, agent: str) -> None:
    """Take back everything that is offered to an agent."""
    here = sa.update(table).where(table.c.agent == agent, table.c.state == JobState.OFFERED.value)
    tx.execute(here.values(state=JobState.WITHDRAWN.value))


def forget_old(tx: Tx, now: datetime) -> None:
    """Remove jobs that were offered long ago."""
    tx.execute(sa.delete(table).where(table.c.offer_until < now - KEPT))


def _open_offers(agent: str, printers: Collection[str], now: datetime) -> sa.Select[Any]:
    return (
        sa.select(table.c.id)
        .where(table.c.agent == agent, table.c.state == JobState.OFFERED.value)
        .where(table.c.printer.in_(printers), table.c.offer_until > now)
        .order_by(table.c.id)
    )


def _claimed_by(agent: str, token: str) -> sa.ColumnElement[bool]:
    return (table.c.agent == agent) & (table.c.token == token)


def _open_of(agent: str, ids: Collection[int]) -> sa.ColumnElement[bool]:
    states = [it.value for it in OPEN]
    return (table.c.agent == agent) & table.c.id.in_(ids) & table.c.state.in_(states)


def _one(tx: Tx, which: sa.ColumnElement[bool]) -> KeptJob | None:
    query = sa.select(table).where(which).order_by(table.c.id.desc()).limit(1)
    row = tx.execute(query).one_or_none()
    return None if row is None else _kept(row)


def _kept(row: sa.Row[Any]) -> KeptJob:
    return KeptJob(
        id=row.id,
        agent=row.agent,
        printer=row.printer,
        sha256=row.sha256,
        media_type=row.media_type,
        state=JobState(row.state),
        lease_until=row.lease_until,
        code=row.code or "",
        detail=row.detail or "",
        reference=row.reference or "",
        response_hash=row.response_hash or "",
    )


def _job(row: sa.Row[Any]) -> PrintJob:
    return PrintJob(
        id=row.id,
        printer=row.printer,
        message_id=row.message_id,
        number=row.number,
        sha256=row.sha256,
        media_type=row.media_type,
        copies=row.copies,
        wanted_at=row.wanted_at,
    )
