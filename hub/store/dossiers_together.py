"""Dossiers of a whole batch: read and locked in one statement, written in a few. See `at_hand`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.store import at_hand, dossiers
from hub.store.engine import Tx
from hub.store.prepared import Prepared, among
from hub.store.record_tables import dossier_files
from hub.store.record_tables import dossiers as table
from hub.store.tables import STATE_EARLY, UNHANDLED, journal

_ALL = Prepared(
    sa.select(table)
    .where(among(table.c.number, "numbers"))
    .order_by(table.c.number)  # in which they are locked
    .with_for_update()
)
_FILES = Prepared(
    sa.select(dossier_files)
    .where(among(dossier_files.c.number, "numbers"))
    .order_by(dossier_files.c.component, dossier_files.c.name)
)
_EARLY = Prepared(
    sa.select(journal.c.key)
    .distinct()
    .where(journal.c.state == STATE_EARLY, among(journal.c.key, "numbers"), UNHANDLED)
)


@contextmanager
def together(tx: Tx, numbers: Collection[str]) -> Iterator[None]:
    """Read what the block needs of these dossiers at its beginning, write it at its end.

    Raises at_hand.AddedMeanwhile.
    """
    wanted = frozenset(numbers)
    values = {"numbers": sorted(wanted)}
    found = {it.number: it for it in map(dossiers.from_row, _ALL.all(tx, values))}
    files: dict[str, list[object]] = {number: [] for number in wanted}
    if found:
        for row in _FILES.all(tx, values):
            files[row.number].append(row)
    hand = at_hand.AtHand(
        numbers=wanted,
        dossiers=found,
        early=frozenset(_EARLY.scalars(tx, values)),
        files=dict(files),
    )
    with at_hand.opened(tx, hand):
        yield
        dossiers.write_at_hand(tx)
