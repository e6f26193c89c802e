"""Goes through dossiers in the order in which they are to be looked at, a page at a time.

Their order is an index: so a page costs what it returns, whatever the size of the store and however
many dossiers were put off because something keeps them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.statements.compiled import Compiled
from hub.store.statements.plan_hints import in_the_order_of_an_index


@dataclass(frozen=True, slots=True)
class Place:
    """How far the dossiers of an order were gone through."""

    at: int = 0
    """Microseconds, as stored."""
    number: str = ""


class PageOrder:
    """Dossiers of a table that fulfil a condition, by when they ended or were put off to."""

    def __init__(
        self,
        *,
        condition: sa.TextClause,
        ended: sa.Column[datetime],
        again: sa.Column[datetime],
    ) -> None:
        """`condition`: that of a partial index over (coalesce(again, ended), number)."""
        number, since = ended.table.c.number, sa.func.coalesce(again, ended)
        query = sa.select(number, sa.type_coerce(since, sa.BigInteger).label("at"))
        behind = sa.tuple_(since, number) > sa.tuple_(sa.bindparam("at"), sa.bindparam("last"))
        query = query.where(condition, behind, since <= sa.bindparam("until"))
        query = query.where(ended < sa.bindparam("before")).order_by(since, number)
        self._page = Compiled(query.limit(sa.bindparam("most")))
        later = sa.update(ended.table).where(number == sa.bindparam("which"))
        self._put_off = Compiled(later.values({again: sa.bindparam("until")}))

    def page(
        self, tx: Tx, *, before: datetime, until: datetime, after: Place, limit: int
    ) -> list[Place]:
        """Return dossiers that ended before `before`, without those put off to beyond `until`.

        `after`: only those behind that place.
        """
        values = {"before": before, "until": until, "at": after.at, "last": after.number}
        with in_the_order_of_an_index(tx):
            rows = self._page.all(tx, values | {"most": limit})
        return [Place(row.at, row.number) for row in rows]

    def put_off(self, tx: Tx, until: Mapping[str, datetime]) -> None:
        """Have dossiers that something keeps looked at again only when `until` has been reached."""
        self._put_off.run_each(tx, [{"which": it, "until": at} for it, at in until.items()])
