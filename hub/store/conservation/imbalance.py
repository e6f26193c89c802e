"""What does not add up between deliveries and the journal, by the numbers of deliveries.

A page of deliveries is compared with the messages that they are for. The look-ups are written as
scalar subqueries, because PostgreSQL carries those out row by row through an index, whatever it
believes of the tables; an EXISTS may become a hash over the whole journal for every page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.conservation import FULL, IDS, balance_checks
from hub.store.schema.tables.exchange import STATE_OUTGOING, deliveries, journal
from hub.store.statements.compiled import Compiled

PAGE = 5000
UNDER_WAY = timedelta(minutes=10)
"""Longer than any transaction: what was opened before has been committed, or never will be."""
_other = deliveries.alias("other")


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One thing that does not add up: what is wrong, and the id that it is wrong with."""

    destination: str
    what: str
    id: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Up to which delivery nothing was wrong, and when that was found."""

    delivery_id: int = 0
    at: datetime | None = None


def page(tx: Tx, *, after: int, upto: int, limit: int = 100) -> list[Imbalance]:
    """Return what is wrong with the deliveries numbered `after` < id <= `upto`.

    At most `limit` of each kind.
    """
    values = {"after": after, "upto": upto, "most": limit}
    return [
        Imbalance(row.destination, what, str(row.id))
        for what, query in _WRONG.items()
        for row in query.all(tx, values)
    ]


def _wrong() -> Mapping[str, Compiled]:
    """Return what finds the deliveries `after` < id <= `upto` with something wrong, by what it is:
    (after, upto, most) -> destination, id.
    """
    message = sa.select(journal.c.id).where(
        journal.c.id == deliveries.c.message_id,
        journal.c.state == STATE_OUTGOING,
        journal.c.type == deliveries.c.type,
    )
    twin = sa.select(sa.func.min(_other.c.id)).where(
        _other.c.message_id == deliveries.c.message_id, _other.c.id < deliveries.c.id
    )
    unsaid = sa.select(deliveries.c.destination, deliveries.c.id).where(
        _HERE, message.scalar_subquery().is_(None)
    )
    doubled = sa.select(deliveries.c.destination, deliveries.c.message_id.label("id")).where(
        _HERE, twin.scalar_subquery().is_not(None)
    )
    found = {"delivery without message": unsaid, "message delivered to two": doubled}
    return {
        what: Compiled(query.order_by(deliveries.c.id).limit(sa.bindparam("most")))
        for what, query in found.items()
    }


_HERE = sa.and_(deliveries.c.id > sa.bindparam("after"), deliveries.c.id <= sa.bindparam("upto"))
_WRONG = _wrong()


def undelivered(tx: Tx, readers: Mapping[str, str], limit: int = 100) -> list[Imbalance]:
    """Return outgoing messages that no delivery is for. Reads the whole journal."""
    reader = sa.case(dict(readers), value=journal.c.type, else_="?")
    theirs = (
        sa.select(deliveries.c.id)
        .where(deliveries.c.message_id == journal.c.id, deliveries.c.destination == reader)
        .limit(1)
    )
    query = sa.select(reader.label("destination"), journal.c.id)
    query = query.where(journal.c.state == STATE_OUTGOING, theirs.scalar_subquery().is_(None))
    rows = tx.execute(query.limit(limit))
    found = [Imbalance(row.destination, "message without delivery", row.id) for row in rows]
    return sorted(found, key=lambda one: one.id)


def last_delivery(tx: Tx) -> int:
    """Return the highest number of a delivery, 0 while there is none."""
    return int(_LAST.scalars(tx)[0])


def next_page(tx: Tx, after: int, *, now: datetime, size: int = PAGE) -> int:
    """Return up to which delivery the next page may be checked for good.

    Not what may stand before a delivery of a transaction that has not committed yet.
    """
    upto = min(after + size, last_delivery(tx))
    values = {"after": after, "upto": upto, "since": now - UNDER_WAY}
    first = _FIRST_YOUNG.scalars(tx, values)[0]
    return upto if first is None else int(first) - 1


_LAST = Compiled(sa.select(sa.func.coalesce(sa.func.max(deliveries.c.id), 0).label("last")))
_CHECKED = Compiled(
    sa.select(balance_checks.c.delivery_id, balance_checks.c.checked_at).where(
        balance_checks.c.name == sa.bindparam("name")
    )
)
_FIRST_YOUNG = Compiled(
    sa.select(sa.func.min(deliveries.c.id).label("first")).where(
        _HERE, deliveries.c.created_at > sa.bindparam("since")
    )
)


def checked(tx: Tx, name: str = IDS) -> Checked:
    """Return up to which delivery nothing was wrong: `IDS` by the timer, `FULL` by all rows."""
    row = _CHECKED.one_or_none(tx, {"name": name})
    return Checked(row.delivery_id, row.checked_at) if row else Checked()


def record_checked(tx: Tx, name: str, delivery_id: int, now: datetime) -> None:
    """Record that nothing was wrong up to a delivery."""
    statement = insert(tx, balance_checks)
    row = {"name": name, "delivery_id": delivery_id, "checked_at": now}
    changed = {"delivery_id": delivery_id, "checked_at": now}
    tx.execute(
        statement.values(row).on_conflict_do_update(
            index_elements=[balance_checks.c.name], set_=changed
        )
    )


def record_proven(tx: Tx, delivery_id: int, now: datetime) -> None:
    """Record a full balance without fault: the ids are checked with it."""
    record_checked(tx, FULL, delivery_id, now)
    record_checked(tx, IDS, delivery_id, now)
