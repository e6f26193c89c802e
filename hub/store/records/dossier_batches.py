"""Dossiers of a whole batch: read and locked in one statement, written in a few. See
`batch_state`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.store.engine.store import Tx
from hub.store.records import batch_state, changes, dossiers, legs, papers
from hub.store.schema.tables.exchange import STATE_EARLY, UNHANDLED, journal
from hub.store.schema.tables.records import dossiers as table
from hub.store.statements.compiled import Compiled, any_of

_ALL = Compiled(
    dossiers.READ.where(any_of(table.c.number, "numbers"))
    .order_by(table.c.number)  # in which they are locked
    .with_for_update()
)
_EARLY = Compiled(
    sa.select(journal.c.key)
    .distinct()
    .where(journal.c.state == STATE_EARLY, any_of(journal.c.key, "numbers"), UNHANDLED)
)


@contextmanager
def together(tx: Tx, numbers: Collection[str]) -> Iterator[None]:
    """Read what the block needs of these dossiers at its beginning, write it at its end.

    Raises batch_state.AddedMeanwhile.
    """
    wanted = frozenset(numbers)
    values = {"numbers": sorted(wanted)}
    found = {it.number: it for it in map(dossiers.from_row, _ALL.all(tx, values))}
    inter_level = [it.number for it in found.values() if it.inter_level]  # no other one has a leg
    legs_there, steps = legs.read_together(tx, inter_level)
    hand = batch_state.AtHand(
        numbers=wanted,
        dossiers=found,
        early=frozenset(_EARLY.scalars(tx, values)),
        legs=legs_there,
        steps=steps,
        papers=papers.read_together(tx, found),
    )
    with batch_state.opened(tx, hand):
        yield
        dossiers.write_at_hand(tx)  # first: the others refer to them
        legs.write_at_hand(tx)
        papers.write_at_hand(tx)
        changes.write_at_hand(tx)
