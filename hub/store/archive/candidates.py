"""Which dossiers are old enough to be archived or erased, and what keeps those that stay.

Those that something keeps are put off (`hub.rules.retention.ends.recheck_at`), so that a run does
not read them again and again.
"""

from collections.abc import Collection

import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.rules.retention.ends import DossierFacts
from hub.store.archive.pages.positions import PageOrder
from hub.store.archive.rows import Rows
from hub.store.engine.store import Tx
from hub.store.schema.tables.archive import READABLE, archived_dossiers, legal_holds
from hub.store.schema.tables.exchange import STATE_PARKED, from_microseconds
from hub.store.schema.tables.records import CLOSED, UNERASED, dossiers
from hub.store.statements.compiled import Compiled, any_of

TO_ARCHIVE = PageOrder(condition=CLOSED, ended=dossiers.c.status_at, again=dossiers.c.archive_again)
TO_ERASE = PageOrder(condition=UNERASED, ended=dossiers.c.status_at, again=dossiers.c.erase_again)
"""Closed dossiers in the database, by the time of their last status."""
ARCHIVED_TO_ERASE = PageOrder(
    condition=READABLE, ended=archived_dossiers.c.closed_at, again=archived_dossiers.c.erase_again
)
"""Those in archive files that can still be read."""
_ON_HOLD = Compiled(sa.select(legal_holds.c.number).where(any_of(legal_holds.c.number, "numbers")))


def recheck(tx: Tx, number: str) -> None:
    """Have the next run look at a dossier that was put off, here and in the archive."""
    here = sa.update(dossiers).where(dossiers.c.number == number)
    tx.execute(here.values(archive_again=None, erase_again=None))
    tx.execute(
        sa.update(archived_dossiers)
        .where(archived_dossiers.c.number == number)
        .values(erase_again=None)
    )


def on_hold(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that have a legal hold."""
    return set(_ON_HOLD.scalars(tx, {"numbers": list(numbers)}))


def facts_of(rows: Rows, *, on_hold: bool) -> DossierFacts:
    """Return what decides over a dossier, from its rows."""
    (status,), (status_at,) = (rows.column("dossiers", it) for it in ("status", "status_at"))
    times = [
        *rows.column("journal", "recorded_at"),
        *(at for at in rows.column("deliveries", "settled_at") if at),
    ]
    return DossierFacts(
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
