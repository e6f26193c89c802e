"""The index of applicants' names: a row for each rotation of a name, see `hub.rules.names`.

Personal data, like the dossier that it leads to: written with it, gone when it is archived or
erased, in no log and no archive file. Who may search: `hub/console/pages/name_search.py`.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from hub.rules.names import rotations
from hub.store.engine.store import Tx, insert_for
from hub.store.schema.tables.records import dossier_names
from hub.store.statements.compiled import Compiled, any_of, columns_of

_ADD = Compiled(
    lambda it: insert_for(it, dossier_names).on_conflict_do_nothing(),
    columns=columns_of(dossier_names),
)
_REMOVE = Compiled(sa.delete(dossier_names).where(any_of(dossier_names.c.number, "numbers")))


def add(tx: Tx, names: Iterable[tuple[str, str]]) -> None:
    """Add dossiers with their applicants' names: (number, name)."""
    rows = [
        {"rotation": rotation, "number": number}
        for number, name in names
        for rotation in rotations(name)
    ]
    if rows:
        _ADD.run_each(tx, rows)


def remove(tx: Tx, numbers: Sequence[str]) -> None:
    """Take dossiers out, whatever rule wrote their rows."""
    if numbers:
        _REMOVE.run(tx, {"numbers": list(numbers)})
