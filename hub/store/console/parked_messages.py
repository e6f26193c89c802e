"""Parked messages for a page: those of a kind, by a cursor, and one with how it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.messages import parked
from hub.store.messages.parked import WAITS, ParkedFilter
from hub.store.schema.tables.exchange import UNHANDLED, journal

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """A message that is or was parked; no content."""

    id: str
    type: str
    dossier: str
    """Its ordering key, "" for none."""
    source: str
    code: str
    """Why it was parked, "" where it is not parked any more."""
    reason: str
    recorded_at: datetime
    state: str
    """As in the journal, or `parked.ERASED` or `parked.DISCARDED`."""
    has_content: bool

    @property
    def waits_for_person(self) -> bool:
        """Whether it waits for a person."""
        return self.state in (parked.PARKED, parked.ERASED)


_COLUMNS = (
    journal.c.id,
    journal.c.type,
    journal.c.key,
    journal.c.source,
    journal.c.code,
    journal.c.reason,
    journal.c.recorded_at,
    journal.c.body_hash.is_(None).label("has_content"),
    parked.STATE.label("state"),
)


def listed(tx: Tx, wanted: ParkedFilter, *, after: str = "") -> Sequence[ListedMessage]:
    """Return parked messages of a kind, by id, at most `PAGE`; `after`: the last one seen."""
    query = sa.select(*_COLUMNS).where(UNHANDLED, WAITS, *wanted.conditions)
    if after:
        query = query.where(journal.c.id > after)
    return [_listed(row) for row in tx.execute(query.order_by(journal.c.id).limit(PAGE))]


def count(tx: Tx, wanted: ParkedFilter) -> int:
    """Return how many messages of a kind are parked."""
    query = sa.select(sa.func.count()).select_from(journal)
    return int(tx.execute(query.where(UNHANDLED, WAITS, *wanted.conditions)).scalar_one())


def one(tx: Tx, id: str) -> ListedMessage | None:
    """Return a message as it is now, None where there is none."""
    row = tx.execute(sa.select(*_COLUMNS).where(journal.c.id == id)).one_or_none()
    return None if row is None else _listed(row)


def _listed(row: sa.Row[Any]) -> ListedMessage:
    return ListedMessage(
        id=row.id,
        type=row.type,
        dossier=row.key or "",
        source=row.source,
        code=row.code or "",
        reason=row.reason or "",
        recorded_at=row.recorded_at,
        state=row.state,
        has_content=row.has_content,
    )
