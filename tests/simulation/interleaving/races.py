"""Defects that only interleaved transactions can show: the hub decides by what it has not locked.

On SQLite, which lets one writer in after the other, the hub decides the same with and without
these locks, so the stories in memory cannot find them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import cycle
from typing import Any
from unittest import mock

import sqlalchemy as sa

from hub.messages import queues
from hub.operations.deliveries import cancellation
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries import delivery_statements, transitions
from hub.store.engine.store import Tx
from hub.store.evidence import chain
from hub.store.messages import journal, outbox
from hub.store.records import dossier_batches, dossiers, early_messages
from hub.store.schema.tables.exchange import STATE_ACCEPTED
from hub.store.schema.tables.exchange import journal as _journal
from hub.store.schema.tables.records import dossiers as _table
from hub.store.statements.compiled import Compiled, any_of

_OF_A_BATCH = dossiers.READ.where(any_of(_table.c.number, "numbers"))
_BACKWARDS = Compiled(_OF_A_BATCH.order_by(_table.c.number.desc()).with_for_update())
_ACCEPTED = Compiled(
    sa.select(_journal.c.id).where(any_of(_journal.c.id, "ids"), _journal.c.state == STATE_ACCEPTED)
)


def _handled_before(real: Any, tx: Tx, entries: Iterable[Any], now: datetime) -> set[str]:
    """Look first at what was not handled, then mark it."""
    entries = list(entries)
    unhandled = set(_ACCEPTED.scalars(tx, {"ids": [entry.message.id for entry in entries]}))
    unhandled |= real(tx, entries, now)
    return unhandled


def _lanes_either_way() -> Callable[..., None]:
    """Lock the lanes of one transaction one by one by their names, of the next one backwards."""
    directions = cycle((False, True))

    def lock(tx: Tx, destination: str, names: Iterable[str]) -> None:
        for name in sorted((name for name in names if name), reverse=next(directions)):
            row = {"destination": destination, "lane": name}
            delivery_statements.ADD_LANES.run_each(tx, [row])
            delivery_statements.LOCK_LANES.all(tx, {"to": destination, "names": [name]})

    return lock


class _EitherWay:
    """Locks the dossiers of one batch in the order of their numbers, of the next one backwards."""

    def __init__(self) -> None:
        self._next = cycle((dossier_batches._ALL, _BACKWARDS))

    def all(self, tx: Tx, values: Any) -> Any:
        """Do as `Compiled.all` does."""
        return next(self._next).all(tx, values)


def _enqueued_after_waiting(tx: Tx, rows: Sequence[Any]) -> list[str]:
    """Ask for all of them again: also for those that another process has in hand."""
    outbox.put(tx, (outbox.ToPublish(queues.INGEST, row.id, row.type, row.body) for row in rows))
    ids = [row.id for row in rows]
    if ids:
        tx.execute(
            sa.update(_journal)
            .where(_journal.c.id.in_(ids), journal._WAITING)
            .values(state=STATE_ACCEPTED)
        )
    return ids


def _cancelled_with_its_lane(real: Any, tx: Tx, id: int, **how: Any) -> Any:
    """Have the row of what is held, then its lane: who settles has the lane, then that row."""
    state, destination, lane = real(tx, id, **how)
    if state is DeliveryState.HELD:
        transitions.release_followers(tx, destination, [lane], how["now"])
    return state, destination, lane


def _around(place: Any, name: str, by: Callable[..., Any]) -> Any:
    return mock.patch.object(place, name, partial(by, getattr(place, name)))


RACES: dict[str, Callable[[], Sequence[Any]]] = {
    "the head of a chain is read without a lock": lambda: [
        mock.patch.object(chain, "_LOCK", Compiled(chain._HEAD))
    ],
    "dossiers are read without a lock": lambda: [
        mock.patch.object(dossiers, "_GET", dossiers._READ),
        mock.patch.object(dossier_batches, "_ALL", Compiled(_OF_A_BATCH.order_by(_table.c.number))),
    ],
    "lanes are not locked": lambda: [mock.patch.object(transitions, "lock_lanes")],
    "lanes are locked in any order": lambda: [
        mock.patch.object(transitions, "lock_lanes", _lanes_either_way())
    ],
    "dossiers of a batch are locked in any order": lambda: [
        mock.patch.object(dossier_batches, "_ALL", _EitherWay())
    ],
    "who asks again for messages waits for who has them": lambda: [
        mock.patch.object(journal, "enqueue_rows", _enqueued_after_waiting),
        mock.patch.object(early_messages, "enqueue_rows", _enqueued_after_waiting),
    ],
    "a held delivery and its lane are locked in the wrong order": lambda: [
        _around(cancellation, "cancel_delivery", _cancelled_with_its_lane)
    ],
    "whether a message was handled is read before it is marked": lambda: [
        _around(journal, "mark_handled", _handled_before)
    ],
}
"""Name of the defect -> the patches that plant it."""
