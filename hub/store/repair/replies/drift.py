"""How partners' replies differ from their contracts: each difference once, with a count.

Rows are bounded: of one partner at most `MOST` are kept; what comes beyond is counted in one row
of its own, so that a partner that puts numbers into names cannot fill the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.contracts import drift

MOST = 300
"""Rows of a partner."""
REST = ("", "more", "")
"""Operation, kind and place of the row that counts what has none of its own."""


@dataclass(frozen=True, slots=True, order=True)
class DriftKey:
    """One difference."""

    partner: str
    operation: str
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A difference with its count and times."""

    key: DriftKey
    count: int
    first_seen: datetime
    last_seen: datetime


def add(tx: Tx, counts: Mapping[DriftKey, int], *, now: datetime) -> list[DriftKey]:
    """Add the counts; return the differences that were not known before."""
    fresh: list[DriftKey] = []
    for partner in sorted({key.partner for key in counts}):
        known = {row.key for row in of_partner(tx, partner)}
        for key in sorted(key for key in counts if key.partner == partner):
            if key not in known and len(known) >= MOST:
                _add(tx, DriftKey(partner, *REST), counts[key], now)
                continue
            _add(tx, key, counts[key], now)
            if key not in known:
                fresh.append(key)
                known.add(key)
    return fresh


def _add(tx: Tx, key: DriftKey, count: int, now: datetime) -> None:
    row = {
        "partner": key.partner,
        "operation": key.operation,
        "kind": key.kind,
        "place": key.place,
        "seen": count,
        "first_seen": now,
        "last_seen": now,
    }
    statement = insert(tx, drift).values(row)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[drift.c.partner, drift.c.operation, drift.c.kind, drift.c.place],
            set_={"seen": drift.c.seen + count, "last_seen": statement.excluded.last_seen},
        )
    )


def of_partner(tx: Tx, partner: str) -> Sequence[Seen]:
    """Return what is known of a partner, the newest difference first."""
    query = sa.select(drift).where(drift.c.partner == partner)
    rows = tx.execute(
        query.order_by(drift.c.first_seen.desc(), drift.c.operation, drift.c.kind, drift.c.place)
    )
    return [
        Seen(
            DriftKey(row.partner, row.operation, row.kind, row.place),
            row.seen,
            row.first_seen,
            row.last_seen,
        )
        for row in rows
    ]
