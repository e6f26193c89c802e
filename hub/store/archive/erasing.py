"""Takes the personal data out of a dossier's rows; hashes, sizes, times and states stay.

What is left proves what was said to whom and when, and says nothing about a person. Surveys stay as
they are: they name no person, and a dossier only where the citizen gave its number.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.messages.payloads import Applicant
from hub.store.change_feed import numbering
from hub.store.engine.store import Tx
from hub.store.records import names
from hub.store.schema.tables.exchange import UNHANDLED, journal
from hub.store.schema.tables.records import dossier_events, dossier_files, dossiers, leg_steps
from hub.store.statements.compiled import Compiled, any_of

NOBODY = msgspec.json.encode(Applicant(name="—"))
"""In the place of an applicant that was erased: readable as one, because records decode it."""
_OF_JOURNAL = sa.and_(journal.c.key == sa.bindparam("which"), journal.c.body_hash.is_(None))
_BODIES = Compiled(sa.select(journal.c.id, journal.c.body).where(_OF_JOURNAL))
_EMPTY = Compiled(
    sa.update(journal)
    .where(journal.c.id == sa.bindparam("which"))
    .values(body=b"", body_hash=sa.bindparam("hash"), body_size=sa.bindparam("length")),
    key="which",
)

_WAITED_FOR = Compiled(
    sa.select(journal.c.key, journal.c.state)
    .distinct()
    .where(
        any_of(journal.c.key, "numbers"),
        UNHANDLED,
        journal.c.state != "",
        journal.c.body_hash.is_(None),
    )
)


def erase(tx: Tx, number: str, *, now: datetime) -> bool:
    """Erase the personal data in the rows of one dossier; False when there is none any more."""
    erased = sa.update(dossiers).where(dossiers.c.number == number, dossiers.c.erased_at.is_(None))
    values = {"applicant": NOBODY, "summary": "", "parcels": b"[]", "erased_at": now}
    if tx.execute(erased.values(values)).rowcount != 1:
        return False
    empty_bodies(tx, number)
    names.remove(tx, [number])
    for table, column in ((dossier_events, "note"), (leg_steps, "note"), (dossier_files, "name")):
        tx.execute(sa.update(table).where(table.c.number == number).values({column: ""}))
    numbering.remove(tx, [number])  # nothing may be said about it any more
    return True


def empty_bodies(tx: Tx, number: str) -> None:
    """Empty the messages about a dossier, also those that came when it was archived."""
    bodies = _BODIES.all(tx, {"which": number})
    _EMPTY.run_each(
        tx,
        [
            {
                "which": row.id,
                "hash": hashlib.sha256(row.body).hexdigest(),
                "length": len(row.body),
            }
            for row in bodies
        ],
    )


def waited_for(tx: Tx, numbers: Collection[str]) -> dict[str, set[str]]:
    """Return the states of the messages with a body that are not handled, or parked, by dossier."""
    found: dict[str, set[str]] = {}
    for row in _WAITED_FOR.all(tx, {"numbers": list(numbers)}):
        found.setdefault(row.key, set()).add(row.state)
    return found
