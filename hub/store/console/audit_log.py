"""The audit for a person who reads it: newest first, by filters, a page at a time.

There is no index but the order: a page looks at a stretch of rows and says how far back it came, so
that a rare filter costs as little as a common one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.schema.tables.exchange import audit
from hub.store.statements.plan_hints import checked

PAGE = 100
STRETCH = 50_000
"""Rows that one page looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """What is looked for; "" and None leave a column open. Words are parts of what is there."""

    actor: str = ""
    action: str = ""
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditEntry(NamedTuple):
    """One row."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    reason: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The rows that matched, and below which number the next page goes on (None: at the end)."""

    rows: Sequence[AuditEntry]
    next: int | None


def page(
    tx: Tx, filters: AuditFilters, *, before: int | None = None, limit: int = PAGE
) -> AuditPage:
    """Return the rows below the number `before` that match, newest first."""
    highest = tx.execute(sa.select(sa.func.max(audit.c.seq))).scalar() or 0
    below = highest + 1 if before is None else min(before, highest + 1)
    bottom = max(1, below - STRETCH)
    query = sa.select(*(audit.c[name] for name in AuditEntry._fields))
    query = query.where(audit.c.seq < below, audit.c.seq >= bottom)
    conditions = _conditions(filters)
    if conditions:
        query = query.where(checked(*conditions))
    found = tx.execute(query.order_by(audit.c.seq.desc()).limit(limit + 1))
    rows = [AuditEntry(*row) for row in found]
    if len(rows) > limit:
        return AuditPage(rows[:limit], rows[limit - 1].seq)
    return AuditPage(rows, bottom if bottom > 1 else None)


def _conditions(filters: AuditFilters) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    for column, part in ((audit.c.actor, filters.actor), (audit.c.action, filters.action)):
        if part:
            found.append(column.contains(part, autoescape=True))
    if filters.thing:
        found.append(audit.c.object.contains(filters.thing, autoescape=True))
    if filters.since is not None:
        found.append(audit.c.at >= filters.since)
    if filters.until is not None:
        found.append(audit.c.at < filters.until)
    return found
