"""Defects that only interleaved transactions can show: the hub decides by what it has not locked.

On SQLite, which lets one writer in after the other, the hub decides the same with and without
these locks, so the stories in memory cannot find them.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from typing import Any
from unittest import mock

import sqlalchemy as sa

from hub.store.deliveries import transitions
from hub.store.engine.store import Tx
from hub.store.evidence import chain
from hub.store.messages import journal
from hub.store.records import dossier_batches, dossiers
from hub.store.schema.tables.exchange import STATE_ACCEPTED
from hub.store.schema.tables.exchange import journal as _journal
from hub.store.schema.tables.records import dossiers as _table
from hub.store.statements.compiled import Compiled, any_of

_OF_A_BATCH = dossiers.READ.where(any_of(_table.c.number, "numbers"))
_ACCEPTED = Compiled(
    sa.select(_journal.c.id).where(any_of(_journal.c.id, "ids"), _journal.c.state == STATE_ACCEPTED)
)


def _handled_before(real: Any, tx: Tx, entries: Iterable[Any], now: datetime) -> set[str]:
    """Look first at what was not handled, then mark it."""
    entries = list(entries)
    unhandled = set(_ACCEPTED.scalars(tx, {"ids": [entry.message.id for entry in entries]}))
    unhandled |= real(tx, entries, now)
    return unhandled


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
    "dossiers of a batch are locked as they come": lambda: [
        mock.patch.object(dossier_batches, "together", return_value=nullcontext())
    ],
    "whether a message was handled is read before it is marked": lambda: [
        _around(journal, "mark_handled", _handled_before)
    ],
}
"""Name of the defect -> the patches that plant it."""
