"""Lists of deliveries by filters, newest first, a page at a time, at any size of the tables.

What stands is found by its state. What has ended is looked for in stretches of delivery numbers:
a page looks at one stretch and says how far back it came, so that a rare filter costs as little as
a common one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.rules.deliveries.states import FINAL
from hub.rules.users.scope import Scope
from hub.store.console.scope import within
from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import UNSETTLED, deliveries
from hub.store.statements.plan_hints import checked

PAGE = 50
STRETCH = 20_000
"""Delivery numbers that one page looks at."""
_FINAL = frozenset(map(str, FINAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked for; "" and None leave a column open."""

    state: str = ""
    partner: str = ""
    operation: str = ""
    fault: str = ""
    dossier: str = ""
    opened_before: datetime | None = None
    due_before: datetime | None = None
    up_to: int | None = None
    """The highest delivery number that matches."""

    @property
    def not_final(self) -> bool:
        """Whether only deliveries that are not final can match."""
        return bool(self.state) and self.state not in _FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """A delivery as a list shows it; nothing personal."""

    id: int
    destination: str
    type: str
    lane: str
    state: str
    attempts: int
    code: str
    partner_code: str
    reference: str
    created_at: datetime
    ended_at: datetime | None
    next_attempt_at: datetime | None
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page: what matched, and from which number the next one goes on (None: at the end)."""

    rows: Sequence[ListedDelivery]
    next: int | None
    searched_to: int | None = None
    """The lowest delivery number that was looked at, where the page ended before it was full."""


COLUMNS = [
    deliveries.c.settled_at.label(name) if name == "ended_at" else deliveries.c[name]
    for name in ListedDelivery.__slots__
]


def page(
    tx: Tx, filters: Filters, scope: Scope, *, before: int | None = None, limit: int = PAGE
) -> ListedPage:
    """Return the deliveries below the number `before` that match, newest first."""
    if filters.up_to is not None:
        before = filters.up_to + 1 if before is None else min(before, filters.up_to + 1)
    if filters.not_final:
        return _not_final(tx, filters, scope, before, limit)
    if filters.dossier:
        return _of_dossier(tx, filters, scope, before, limit)
    return _stretch(tx, filters, scope, before, limit)


def count_open(tx: Tx, filters: Filters, scope: Scope, *, most: int) -> int:
    """Return how many deliveries match, at most `most` and one; `filters` names an open state."""
    query = sa.select(sa.literal(1)).where(deliveries.c.state == filters.state, UNSETTLED)
    if filters.up_to is not None:
        query = query.where(deliveries.c.id + 0 <= filters.up_to)
    query = query.where(*_conditions(filters), *within(scope)).limit(most + 1)
    return tx.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()


def highest(tx: Tx) -> int:
    """Return the highest delivery number, 0 without any."""
    return tx.execute(sa.select(sa.func.max(deliveries.c.id))).scalar() or 0


def _not_final(
    tx: Tx, filters: Filters, scope: Scope, before: int | None, limit: int
) -> ListedPage:
    query = sa.select(*COLUMNS).where(deliveries.c.state == filters.state, UNSETTLED)
    return _ordered(tx, query.where(*_conditions(filters), *within(scope)), before, limit)


def _of_dossier(
    tx: Tx, filters: Filters, scope: Scope, before: int | None, limit: int
) -> ListedPage:
    query = sa.select(*COLUMNS).where(deliveries.c.lane == filters.dossier)
    return _ordered(tx, query.where(*_conditions(filters), *within(scope)), before, limit)


def _ordered(tx: Tx, query: sa.Select[Any], before: int | None, limit: int) -> ListedPage:
    # Not by the plain number: its index would serve the order, and read all that has ended.
    place = deliveries.c.id + 0
    if before is not None:
        query = query.where(place < before)
    rows = [listed(row) for row in tx.execute(query.order_by(place.desc()).limit(limit + 1))]
    return ListedPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def _stretch(tx: Tx, filters: Filters, scope: Scope, before: int | None, limit: int) -> ListedPage:
    last = highest(tx)
    below = last + 1 if before is None else min(before, last + 1)
    bottom = max(1, below - STRETCH)
    query = sa.select(*COLUMNS).where(deliveries.c.id < below, deliveries.c.id >= bottom)
    conditions = [*_conditions(filters), *within(scope)]
    if filters.state:
        conditions.append(deliveries.c.state == filters.state)
    if conditions:
        query = query.where(checked(*conditions))
    found = tx.execute(query.order_by(deliveries.c.id.desc()).limit(limit + 1))
    rows = [listed(row) for row in found]
    if len(rows) > limit:
        return ListedPage(rows[:limit], rows[limit - 1].id)
    return ListedPage(rows, bottom if bottom > 1 else None, bottom if bottom > 1 else None)


def _conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    """Return the conditions besides the state, as no index serves them."""
    table, found = deliveries.c, []
    if filters.partner:
        found.append(checked(table.destination == filters.partner))
    if filters.operation:
        found.append(checked(table.type == filters.operation))
    if filters.fault:
        same = sa.or_(table.code == filters.fault, table.partner_code == filters.fault)
        found.append(checked(same))
    if filters.opened_before is not None:
        found.append(checked(table.created_at < filters.opened_before))
    if filters.due_before is not None:
        found.append(checked(table.deadline < filters.due_before))
    return found


def listed(row: sa.Row[Any]) -> ListedDelivery:
    """Return the delivery of a row with `COLUMNS`."""
    values = row._asdict()
    for name in ("code", "partner_code", "reference"):
        values[name] = values[name] or ""
    return ListedDelivery(**values)
