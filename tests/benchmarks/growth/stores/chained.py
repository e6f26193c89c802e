"""Copies of the hand-overs: each row is hashed with the one before, as the hub does it.

The hashes are made here, one after the other, by the hub's own function; nothing else can make a
chain that verifies.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.evidence.chain import HANDOVERS, digest
from hub.store.schema.tables.exchange import Instant, chain_heads, handovers
from tests.benchmarks.growth.stores.expressions import (
    DAY,
    FIRST_DAYS,
    SEED_AGENCY,
    Facts,
    agency_of,
)

AT_ONCE = 20
"""Copies written at once."""
Report = Callable[[str, int, int], None]
_TIMES = frozenset(c.name for c in handovers.columns if isinstance(c.type, Instant))


def read(tx: Tx, chosen: str) -> list[tuple[Any, ...]]:
    """Return the rows to copy, as they are stored, without number and hashes."""
    names = ", ".join(HANDOVERS.columns)
    query = f"SELECT {names} FROM handovers WHERE {chosen} ORDER BY seq"
    return [tuple(row) for row in tx.execute(sa.text(query))]


def append(tx: Tx, rows: list[tuple[Any, ...]], facts: Facts, copies: int, report: Report) -> None:
    """Append the copies of the rows to the chain."""
    head = sa.select(chain_heads.c.seq, chain_heads.c.hash)
    seq, previous = tx.execute(head.where(chain_heads.c.chain == HANDOVERS.name)).one()
    for first in range(1, copies + 1, AT_ONCE):
        report("handovers", first, copies)
        made: list[tuple[Any, ...]] = []
        for k in range(first, min(first + AT_ONCE, copies + 1)):
            for values in _copied(rows, facts, k):
                seq += 1
                own = digest(previous, seq, values)
                made.append((seq, *values, previous, own))
                previous = own
        _write(tx, made)
    where = chain_heads.c.chain == HANDOVERS.name
    tx.execute(sa.update(chain_heads).where(where).values(seq=seq, hash=previous))


def _copied(rows: list[tuple[Any, ...]], facts: Facts, k: int) -> Iterator[list[Any]]:
    agency = agency_of(k)
    later, earlier = k * facts.strides["deliveries"], (k + FIRST_DAYS) * DAY
    names = HANDOVERS.columns
    times = [place for place, name in enumerate(names) if name in _TIMES]
    delivery, texts = names.index("delivery_id"), [names.index("number"), names.index("receipt")]
    for row in rows:
        values = list(row)
        for place in texts:
            values[place] = values[place].replace(SEED_AGENCY, agency)
        if values[delivery] is not None:
            values[delivery] += later
        for place in times:
            if values[place] is not None:
                values[place] -= earlier
        yield values


def _write(tx: Tx, rows: list[tuple[Any, ...]]) -> None:
    names = ("seq", *HANDOVERS.columns, "previous_hash", "hash")
    listed, driver = ", ".join(names), tx.connection.driver_connection
    if tx.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        driver.executemany(f"INSERT INTO handovers ({listed}) VALUES ({marks})", rows)  # type: ignore[union-attr]
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY handovers ({listed}) FROM STDIN") as copy:  # type: ignore[union-attr]
        for row in rows:
            copy.write_row(row)
