"""What the measured programs need to know of a store: a dossier, a day, from when on it is old."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from hub.records.deadlines.calendar import local
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.records import dossiers
from tests.benchmarks.growth.stores.expressions import SEED_AGENCY

ARCHIVED = 360
"""Dossiers to archive, about 3,000 deliveries: that many, and what else was closed on the last of
their days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Facts of one store."""

    dossier: str
    """A dossier of the seed that was returned: every store has it."""
    day: date
    """Its day, as full in every store."""
    before: date
    """So many dossiers were closed before this day."""


def know(store: Store) -> Known:
    """Return what is known of a store."""
    d = dossiers.c
    of_seed = sa.select(d.number, d.received_at).where(d.number.startswith(SEED_AGENCY))
    one = of_seed.where(d.returned_at.is_not(None)).order_by(d.received_at.desc()).limit(1)
    oldest = sa.select(d.returned_at).where(d.returned_at.is_not(None)).order_by(d.returned_at)
    with store.read() as tx:
        number, received_at = tx.execute(one).one()
        closed = tx.execute(oldest.offset(ARCHIVED - 1).limit(1)).scalar_one()
    before = local(closed).date() + timedelta(days=1)
    return Known(dossier=number, day=local(received_at).date(), before=before)


def count(store: Store) -> int:
    """Return how many deliveries the store has."""
    with store.read(long=True) as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one())
