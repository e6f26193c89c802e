"""What the pilot's report and the office's screen read from the records; nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.store.engine.store import Tx
from hub.store.schema.tables.archive import archived_dossiers
from hub.store.schema.tables.records import dossier_files, dossiers, legs


@dataclass(frozen=True, slots=True)
class DossierLine:
    """One dossier, as a report counts it."""

    number: str
    sector: str
    inter_level: bool
    """Whether it really went to the town."""
    received_at: datetime
    due_at: datetime
    finished_at: datetime | None
    paused_since: datetime | None
    digitised: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Dossiers that have left the database: a report does not count them."""

    count: int
    latest: datetime | None
    """When the last of them was received, None when there is none."""


def archived(tx: Tx) -> LeftOut:
    """Return what a report of the database leaves out."""
    query = sa.select(sa.func.count(), sa.func.max(archived_dossiers.c.received_at))
    count, latest = tx.execute(query).one()
    return LeftOut(count, latest)


def in_status(tx: Tx, status: Status) -> list[tuple[str, datetime]]:
    """Return (number, since) of dossiers in a status, longest first."""
    query = sa.select(dossiers.c.number, dossiers.c.status_at)
    query = query.where(dossiers.c.status == int(status)).order_by(dossiers.c.status_at)
    return [(row.number, row.status_at) for row in tx.execute(query)]


def lines(tx: Tx) -> Iterator[DossierLine]:
    """Yield every dossier, streaming."""
    went = sa.exists().where(legs.c.number == dossiers.c.number)
    scanned = sa.exists().where(
        dossier_files.c.number == dossiers.c.number, dossier_files.c.is_result.is_(False)
    )
    query = sa.select(
        dossiers.c.number,
        dossiers.c.sector,
        went,
        dossiers.c.received_at,
        dossiers.c.due_at,
        dossiers.c.finished_at,
        dossiers.c.supplement_since,
        scanned,
    ).order_by(dossiers.c.received_at)
    for row in tx.execution_options(yield_per=1000).execute(query):
        yield DossierLine(*row)
