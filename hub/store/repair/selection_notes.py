"""What persons wrote about selections of deliveries, and to whom they assigned them.

A row is written once and never changed. The assignment of a selection is the last row about it that
names an assignee; "" takes an assignment back. A form that is sent twice makes one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.repair import ASSIGNS
from hub.store.schema.tables.repair import selection_notes as table


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionNote:
    """One row."""

    selection: str
    at: datetime
    actor: str
    text: str
    assignee: str | None
    """Name of an account, "" for nobody; None where the row assigns nothing."""


_COLUMNS = [table.c[name] for name in SelectionNote.__slots__]


def record(tx: Tx, row: SelectionNote, *, form: str) -> bool:
    """Keep a row; False where the same form has made one. `form`: its id, made once."""
    values = {name: getattr(row, name) for name in SelectionNote.__slots__} | {"form": form}
    return tx.execute(insert(tx, table).on_conflict_do_nothing(), values).rowcount == 1


def of_selection(tx: Tx, selection: str, *, limit: int = 100) -> list[SelectionNote]:
    """Return what was written about a selection, newest first."""
    query = sa.select(*_COLUMNS).where(table.c.selection == selection)
    rows = tx.execute(query.order_by(table.c.number.desc()).limit(limit)).mappings()
    return [SelectionNote(**row) for row in rows]


def assignments(tx: Tx, selections: Sequence[str] | None = None) -> dict[str, SelectionNote]:
    """Return the last assignment of each selection, without those taken back; None for all."""
    last = sa.select(sa.func.max(table.c.number)).where(ASSIGNS).group_by(table.c.selection)
    if selections is not None:
        last = last.where(table.c.selection.in_(list(selections)))
    query = sa.select(*_COLUMNS).where(table.c.number.in_(last), table.c.assignee != "")
    rows = tx.execute(query.order_by(table.c.number.desc())).mappings()
    return {row["selection"]: SelectionNote(**row) for row in rows}
