"""Everything that the store knows of one dossier, for its page; read without locks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.messages.envelope import Message, decode_stored
from hub.messages.invalid import InvalidMessage
from hub.store.archive import index as archive_index
from hub.store.archive.index import Archived
from hub.store.console.listing import COLUMNS, ListedDelivery, listed
from hub.store.console.tasks import UrgentTask, of_subject
from hub.store.deliveries.delivery_statements import position
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier, StatusEvent
from hub.store.records.papers import Paper
from hub.store.records.reading import timeline
from hub.store.schema.tables.exchange import attempts, deliveries, handovers, journal
from hub.store.schema.tables.records import leg_steps, legs

MOST = 500
"""Rows of a kind that a page shows of one dossier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One attempt of a delivery."""

    delivery: int
    number: int
    kind: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    code: str
    detail: str
    differs: str
    request_hash: str
    response_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message about the dossier that the hub accepted."""

    id: str
    type: str
    source: str
    state: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TownStepRow:
    """A step that the town reported."""

    sequence: int
    step: str
    at: datetime
    applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One dossier with its deliveries, calls, messages, files and tasks."""

    number: str
    dossier: Dossier | None
    archived: Archived | None
    child_number: str
    deliveries: Sequence[ListedDelivery]
    """In the order of their lanes."""
    calls: Mapping[int, Sequence[CallRow]]
    """By delivery, in order."""
    received: Sequence[Received]
    events: Sequence[StatusEvent]
    steps: Sequence[TownStepRow]
    files: Sequence[Paper]
    tasks: Sequence[UrgentTask]

    @property
    def is_known(self) -> bool:
        """Whether the hub has met the number at all."""
        return bool(self.dossier or self.archived or self.deliveries or self.received)


def of_number(tx: Tx, number: str) -> History:
    """Return what is known of a dossier number."""
    found = _deliveries(tx, deliveries.c.lane == number)
    child = tx.execute(sa.select(legs.c.child_number).where(legs.c.number == number)).scalar()
    return History(
        number=number,
        dossier=dossiers.get(tx, number, lock=False),
        archived=archive_index.get(tx, number),
        child_number=child or "",
        deliveries=found,
        calls=calls_of(tx, [it.id for it in found]),
        received=_received(tx, number),
        events=timeline.events_of(tx, number),
        steps=_steps(tx, number),
        files=timeline.files_of(tx, number),
        tasks=of_subject(tx, number),
    )


def one_delivery(tx: Tx, id: int) -> ListedDelivery | None:
    """Return a delivery by its number."""
    return next(iter(_deliveries(tx, deliveries.c.id == id)), None)


def some_deliveries(tx: Tx, ids: Sequence[int]) -> dict[int, ListedDelivery]:
    """Return deliveries by their numbers; what is not there is left out."""
    parts = (ids[first : first + MOST] for first in range(0, len(ids), MOST))
    return {it.id: it for part in parts for it in _deliveries(tx, deliveries.c.id.in_(part))}


def _deliveries(tx: Tx, which: sa.ColumnElement[bool]) -> list[ListedDelivery]:
    query = sa.select(*COLUMNS).where(which).order_by(deliveries.c.destination, position())
    return [listed(row) for row in tx.execute(query.limit(MOST))]


def calls_of(tx: Tx, ids: Sequence[int]) -> dict[int, list[CallRow]]:
    """Return the attempts of deliveries, each delivery's in order."""
    query = sa.select(attempts).where(attempts.c.delivery_id.in_(ids))
    query = query.order_by(attempts.c.delivery_id, attempts.c.number, attempts.c.id).limit(MOST)
    found: dict[int, list[CallRow]] = {id: [] for id in ids}
    for row in tx.execute(query):
        call = CallRow(
            delivery=row.delivery_id,
            number=row.number,
            kind=row.kind,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome or "",
            code=row.code or "",
            detail=row.detail or "",
            differs=row.differs or "",
            request_hash=row.request_hash or "",
            response_hash=row.response_hash or "",
        )
        found[row.delivery_id].append(call)
    return found


def _received(tx: Tx, number: str) -> list[Received]:
    query = sa.select(journal).where(journal.c.key == number, journal.c.state != "outgoing")
    rows = tx.execute(query.order_by(journal.c.recorded_at, journal.c.id).limit(MOST))
    return [
        Received(
            id=row.id,
            type=row.type,
            source=row.source,
            state=row.state,
            code=row.code or "",
            at=row.recorded_at,
        )
        for row in rows
    ]


def _steps(tx: Tx, number: str) -> list[TownStepRow]:
    query = sa.select(leg_steps).where(leg_steps.c.number == number)
    rows = tx.execute(query.order_by(leg_steps.c.sequence).limit(MOST))
    return [
        TownStepRow(sequence=it.sequence, step=it.step, at=it.at, applied=it.applied) for it in rows
    ]


def message_of(tx: Tx, delivery: int) -> Message | None:
    """Return what a delivery carries, None where its body has gone into the archive."""
    query = sa.select(journal.c.body).join(deliveries, deliveries.c.message_id == journal.c.id)
    body = tx.execute(query.where(deliveries.c.id == delivery)).scalar()
    try:
        return decode_stored(body) if body else None
    except InvalidMessage:
        return None


def message_before(tx: Tx, of: ListedDelivery) -> Message | None:
    """Return the message of the same type that went before in the lane, None for the first."""
    query = sa.select(deliveries.c.id).where(
        deliveries.c.lane == of.lane,
        deliveries.c.destination == of.destination,
        deliveries.c.type == of.type,
        deliveries.c.id < of.id,
    )
    before = tx.execute(query.order_by((deliveries.c.id + 0).desc()).limit(1)).scalar()
    return None if before is None or not of.lane else message_of(tx, before)


def receipts_of(tx: Tx, number: str) -> Mapping[tuple[int, int], str]:
    """Return what partners gave as receipts, by delivery and attempt."""
    query = sa.select(handovers.c.delivery_id, handovers.c.attempt, handovers.c.receipt)
    rows = tx.execute(query.where(handovers.c.number == number, handovers.c.receipt != ""))
    return {(row.delivery_id, row.attempt): row.receipt for row in rows if row.delivery_id}
