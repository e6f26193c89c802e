"""Defects that only interleaved transactions can show: the hub misses a lock, or looks too early.

SQLite lets one writer in after the other, so the stories in memory cannot find them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from unittest import mock

import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import claim_and_settle, transitions
from hub.store.engine.store import Tx
from hub.store.evidence import chain
from hub.store.messages import journal
from hub.store.records import dossier_batches, dossiers
from hub.store.schema.tables import exchange
from hub.store.schema.tables.records import dossiers as _dossiers
from hub.store.statements.compiled import Compiled, any_of

_deliveries, _journal = exchange.deliveries, exchange.journal
_numbers = _dossiers.c.number
_SETTLED = (exchange.STATE_HANDLED, exchange.STATE_PARKED)
_UNLOCKED_BATCH = Compiled(dossiers.READ.where(any_of(_numbers, "numbers")).order_by(_numbers))


def _handle_what_was_new(real: Any, tx: Tx, entries: Iterable[Any], now: Any) -> set[str]:
    """Look whether messages are new, then write that they are handled, whoever did meanwhile."""
    listed = list(entries)
    ids = [entry.message.id for entry in listed]
    query = sa.select(_journal.c.id).where(_journal.c.id.in_(ids), _journal.c.state.in_(_SETTLED))
    before = set(tx.execute(query).scalars())
    real(tx, listed, now)
    return set(ids) - before


def _claim_what_was_free(real: Any, tx: Tx, ids: Sequence[int], to: str, **times: Any) -> Any:
    """Look which deliveries are free, then claim them, whatever they are by then."""
    free = sa.select(_deliveries.c.id).where(
        _deliveries.c.id.in_(ids), _deliveries.c.state.in_([S.PENDING.value, S.WAITING.value])
    )
    found = list(tx.execute(free).scalars())
    again = sa.update(_deliveries).where(
        _deliveries.c.id.in_(found), _deliveries.c.state == S.SENDING.value
    )
    tx.execute(again.values(state=S.WAITING.value, lease_until=None, next_attempt_at=times["now"]))
    return real(tx, ids, to, **times)


def _wrapped(place: Any, name: str, around: Callable[..., Any]) -> Any:
    real = getattr(place, name)
    return mock.patch.object(place, name, lambda *a, **k: around(real, *a, **k))


RACES: dict[str, Callable[[], Sequence[Any]]] = {
    "the head of a chain is read without a lock": lambda: [
        mock.patch.object(chain, "_LOCK", Compiled(chain._HEAD))
    ],
    "dossiers are read without a lock": lambda: [
        mock.patch.object(dossiers, "_GET", dossiers._READ),
        mock.patch.object(dossier_batches, "_ALL", _UNLOCKED_BATCH),
    ],
    "lanes are not locked": lambda: [
        mock.patch.object(transitions, "lock_lanes", return_value=None)
    ],
    "a message is handled that was new a moment ago": lambda: [
        _wrapped(journal, "mark_handled", _handle_what_was_new)
    ],
    "a delivery is claimed that was free a moment ago": lambda: [
        _wrapped(claim_and_settle, "claim_and_start", _claim_what_was_free)
    ],
}
"""By what is wrong with the hub."""
