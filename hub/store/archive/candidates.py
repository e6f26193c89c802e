"""Which dossiers are old enough to be archived or erased, and what keeps those that stay.

The partial indexes `ix_dossiers_closed` and `ix_dossiers_unerased` hold closed dossiers by the time
of their last status, so that a question costs what it returns, whatever the size of the store.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.rules.retention import Standing
from hub.store.archive.rows import Rows
from hub.store.archive_tables import legal_holds
from hub.store.engine import Tx
from hub.store.prepared import Prepared, among
from hub.store.record_tables import CLOSED, UNERASED, dossiers
from hub.store.tables import STATE_PARKED, from_microseconds

c = dossiers.c
_BEHIND = sa.tuple_(c.status_at, c.number) > sa.tuple_(sa.bindparam("at"), sa.bindparam("last"))


@dataclass(frozen=True, slots=True)
class Place:
    """How far the closed dossiers were gone through."""

    at: int = 0
    """Microseconds, as stored."""
    number: str = ""


def _page(condition: sa.TextClause) -> Prepared:
    query = sa.select(c.number, sa.type_coerce(c.status_at, sa.BigInteger).label("at"))
    query = query.where(condition, c.status_at < sa.bindparam("before"), _BEHIND)
    query = query.order_by(c.status_at, c.number).limit(sa.bindparam("most"))
    return Prepared(query)


_CLOSED, _UNERASED = _page(CLOSED), _page(UNERASED)
_HELD = Prepared(sa.select(legal_holds.c.number).where(among(legal_holds.c.number, "numbers")))


def closed(
    tx: Tx, *, before: datetime, after: Place, limit: int, unerased: bool = False
) -> list[Place]:
    """Return dossiers whose last status was set before `before`, oldest first, behind `after`.

    `unerased`: only those that still have their personal data.
    """
    values = {"before": before, "at": after.at, "last": after.number, "most": limit}
    rows = (_UNERASED if unerased else _CLOSED).all(tx, values)
    return [Place(row.at, row.number) for row in rows]


def on_hold(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that have a legal hold."""
    return set(_HELD.scalars(tx, {"numbers": list(numbers)}))


def standing(rows: Rows, *, on_hold: bool) -> Standing:
    """Return what decides over a dossier, from its rows."""
    (status,), (status_at,) = (rows.column("dossiers", it) for it in ("status", "status_at"))
    times = [
        *rows.column("journal", "recorded_at"),
        *(at for at in rows.column("deliveries", "settled_at") if at),
    ]
    return Standing(
        status=Status(status),
        status_at=from_microseconds(status_at),
        last_at=from_microseconds(max(times, default=status_at)),
        deliveries=set(rows.column("deliveries", "state")),
        messages=_states_of_messages(rows),
        open_tasks=rows.column("tasks", "closed_at").count(None),
        kept_steps=rows.column("leg_steps", "applied").count(False),
        on_hold=on_hold,
    )


def _states_of_messages(rows: Rows) -> set[str]:
    """Return the states of a dossier's messages; a parked one without a body waits for nobody."""
    columns = (rows.column("journal", name) for name in ("state", "body_hash"))
    states = zip(*columns, strict=True)
    return {state for state, emptied in states if state != STATE_PARKED or emptied is None}
