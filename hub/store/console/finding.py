"""Finds a dossier or a delivery by one of its numbers: an index each, never a scan.

Dossier number, the town's number, message id, delivery number, and a partner's receipt. Nothing is
found by a part of it, but for the beginning of a dossier number.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.archive import archived_dossiers
from hub.store.schema.tables.exchange import WITH_RECEIPT, deliveries, handovers, journal
from hub.store.schema.tables.records import dossiers, legs

AT_ONCE = 20
SHORTEST = 6
"""Letters of a dossier number from which dossiers are found by its beginning."""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """What was found, and by what: `number`, `town_number`, `message`, `delivery`, `receipt`."""

    dossier: str
    """"" for a delivery or message that belongs to no dossier."""
    by: str
    delivery: int | None = None


def find(tx: Tx, wanted: str) -> list[Hit]:
    """Return what has this number, each once, dossiers first."""
    wanted = wanted.strip()
    if not wanted:
        return []
    found = [
        *_dossiers(tx, wanted),
        *_by_town_number(tx, wanted),
        *_by_message(tx, wanted),
        *_by_delivery(tx, wanted),
        *_by_receipt(tx, wanted),
    ]
    return list({(hit.dossier, hit.delivery): hit for hit in reversed(found)}.values())[::-1]


def _dossiers(tx: Tx, wanted: str) -> list[Hit]:
    found = []
    for column in (dossiers.c.number, archived_dossiers.c.number):
        query = sa.select(column).where(column == wanted)
        found += [Hit(number, "number") for number in tx.execute(query).scalars()]
    if not found and len(wanted) >= SHORTEST:
        # By the order of the key: what begins so stands directly behind, in every collation.
        query = sa.select(dossiers.c.number).where(dossiers.c.number >= wanted)
        near = tx.execute(query.order_by(dossiers.c.number).limit(AT_ONCE)).scalars()
        found = [Hit(number, "number") for number in near if number.startswith(wanted)]
    if not found:
        query = sa.select(deliveries.c.id).where(deliveries.c.lane == wanted).limit(1)
        found = [Hit(wanted, "number") for _ in tx.execute(query)]
    return found


def _by_town_number(tx: Tx, wanted: str) -> list[Hit]:
    query = sa.select(legs.c.number).where(legs.c.child_number == wanted).limit(AT_ONCE)
    return [Hit(number, "town_number") for number in tx.execute(query).scalars()]


def _by_message(tx: Tx, wanted: str) -> list[Hit]:
    query = sa.select(journal.c.key, deliveries.c.id).where(journal.c.id == wanted)
    joined = journal.outerjoin(deliveries, deliveries.c.message_id == journal.c.id)
    rows = tx.execute(query.select_from(joined).limit(AT_ONCE))
    return [Hit(row.key, "message", row.id) for row in rows]


def _by_delivery(tx: Tx, wanted: str) -> list[Hit]:
    if not wanted.isascii() or not wanted.isdigit() or len(wanted) > 15:
        return []
    query = sa.select(deliveries.c.lane, deliveries.c.id).where(deliveries.c.id == int(wanted))
    return [Hit(row.lane, "delivery", row.id) for row in tx.execute(query)]


def _by_receipt(tx: Tx, wanted: str) -> list[Hit]:
    query = sa.select(handovers.c.number, handovers.c.delivery_id).where(
        handovers.c.receipt == wanted, WITH_RECEIPT
    )
    rows = tx.execute(query.limit(AT_ONCE))
    return [Hit(row.number, "receipt", row.delivery_id) for row in rows]


def partners_of(tx: Tx, hit: Hit) -> frozenset[str]:
    """Return whom something was sent to: the hit's delivery, or all of its dossier."""
    of = deliveries.c.id == hit.delivery if hit.delivery else deliveries.c.lane == hit.dossier
    query = sa.select(deliveries.c.destination).where(of).limit(1000)
    return frozenset(tx.execute(query).scalars())
