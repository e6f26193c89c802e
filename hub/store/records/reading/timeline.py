"""What a partner may read of dossiers: events in their order, files, and pages of a day.

Reads without locks, for callers that only look.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.store.engine.store import Tx
from hub.store.records import papers
from hub.store.records.dossiers import READ, Dossier, StatusEvent, from_row
from hub.store.records.papers import Paper
from hub.store.schema.tables.records import dossier_events, dossiers

__all__ = ["Paper", "events_of", "files_of", "received_page"]
_AT_ONCE = 500


def events_of(tx: Tx, number: str) -> Sequence[StatusEvent]:
    """Return the events of a dossier in the order in which the ward learnt them."""
    query = sa.select(
        dossier_events.c.number,
        dossier_events.c.message_id,
        dossier_events.c.status,
        dossier_events.c.at,
        dossier_events.c.officer,
        dossier_events.c.unit,
        dossier_events.c.note,
        dossier_events.c.why_not,
    ).where(dossier_events.c.number == number)
    return [
        StatusEvent(
            number=row.number,
            message_id=row.message_id,
            status=Status(row.status),
            at=row.at,
            officer=row.officer,
            unit=row.unit,
            note=row.note,
            why_not=row.why_not,
        )
        for row in tx.execute(query.order_by(dossier_events.c.id))
    ]


def files_of(tx: Tx, number: str) -> Sequence[Paper]:
    """Return the files of a dossier, papers and results, in one order on every database."""
    found = papers.of_dossier(tx, number)
    return sorted(found, key=lambda it: (it.is_result, it.file.component, it.file.name))


def received_page(
    tx: Tx,
    start: datetime,
    end: datetime,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
    allowed: Callable[[str], bool],
) -> Sequence[Dossier]:
    """Return dossiers received in [start, end) behind a place, by time and number.

    `allowed` tells by its number whether a dossier may be shown.
    """
    found: list[Dossier] = []
    while len(found) < limit:
        rows = tx.execute(_page(start, end, after)).all()
        read = [from_row(row) for row in rows]
        found += [dossier for dossier in read if allowed(dossier.number)]
        if len(rows) < _AT_ONCE:
            break
        after = read[-1].received_at, read[-1].number
    return found[:limit]


def _page(start: datetime, end: datetime, after: tuple[datetime, str] | None) -> sa.Select[Any]:
    query = READ.where(
        dossiers.c.received_at >= start,
        dossiers.c.received_at < end,
        dossiers.c.erased_at.is_(None),
    )
    if after is not None:
        at, number = after
        same = sa.and_(dossiers.c.received_at == at, dossiers.c.number > number)
        query = query.where(dossiers.c.received_at >= at, sa.or_(dossiers.c.received_at > at, same))
    return query.order_by(dossiers.c.received_at, dossiers.c.number).limit(_AT_ONCE)
