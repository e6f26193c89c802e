"""Kept counts of deliveries, written in the transaction that changes what they count.

Every function here appends rows of changes. No row is updated by two writers, so processes that
accept and settle at the same time do not wait for one another. `fold` adds the changes to the
totals; before and after it the sum of both is the same, so a reader sees no difference, and a
process that dies leaves either the change or its part of the total, never both and never neither.

Only what is final is counted here, and what was accepted. A final state is never left, so there is
nothing to take back; the one exception is the archive, see `record_archived`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert_for
from hub.store.schema.tables.conservation import (
    ACCEPTED,
    ARCHIVED,
    delivery_count_changes,
    delivery_counts,
)
from hub.store.schema.tables.exchange import deliveries
from hub.store.statements.compiled import Compiled, any_of

_CHANGE = ("destination", "state", "change")
_FOLD_LOCK = 5_120_019
"""Of PostgreSQL's advisory locks: the process that folds."""


def _of_deliveries() -> sa.Insert:
    chosen = sa.select(deliveries.c.destination, deliveries.c.state, sa.func.count()).where(
        any_of(deliveries.c.id, "ids")
    )
    return sa.insert(delivery_count_changes).from_select(
        list(_CHANGE), chosen.group_by(deliveries.c.destination, deliveries.c.state)
    )


_SETTLED = Compiled(_of_deliveries())
_OLDEST = sa.select(delivery_count_changes.c.id).order_by(delivery_count_changes.c.id)
_TAKE = Compiled(
    sa.delete(delivery_count_changes)
    .where(delivery_count_changes.c.id.in_(_OLDEST.limit(sa.bindparam("most"))))
    .returning(
        delivery_count_changes.c.destination,
        delivery_count_changes.c.state,
        delivery_count_changes.c.change,
    )
)
_ANY_CHANGE = Compiled(sa.select(delivery_count_changes.c.id).limit(1))
_ADD = Compiled(sa.insert(delivery_count_changes), columns=_CHANGE)


def settled(tx: Tx, ids: Sequence[int]) -> None:
    """Count deliveries that this transaction has just moved into a final state."""
    if ids:
        _SETTLED.run(tx, {"ids": ids})


def accepted(tx: Tx, destinations: Iterable[str]) -> None:
    """Count outgoing messages that were recorded now, each by the destination that reads it."""
    rows = [_row(name, ACCEPTED, count) for name, count in sorted(Counter(destinations).items())]
    if rows:
        _ADD.run_each(tx, rows)


def record_archived(tx: Tx, destination: str, state: str, count: int) -> None:
    """Count `count` deliveries in the final `state` as archived instead.

    To be called in the transaction that deletes the deliveries together with their outgoing
    messages in the journal, which the full balance counts as accepted. A negative count puts
    deliveries back. Raises sqlalchemy's IntegrityError where the state is none that is counted.
    """
    if count:
        rows = [_row(destination, state, -count), _row(destination, ARCHIVED, count)]
        _ADD.run_each(tx, rows)


def _row(destination: str, state: str, change: int) -> dict[str, object]:
    return {"destination": destination, "state": state, "change": change}


def fold(tx: Tx, *, limit: int = 5000) -> int:
    """Add the oldest changes to the totals; return how many, less than `limit` when none is left.

    One process does it at a time: another one that tries meanwhile finds nothing to do.
    """
    if not _may_fold(tx):
        return 0
    sums: Counter[tuple[str, str]] = Counter()
    rows = _TAKE.all(tx, {"most": limit})
    for destination, state, change in rows:
        sums[destination, state] += change
    if sums:
        _add_to_totals(tx, sums)
    return len(rows)


def has_changes(tx: Tx) -> bool:
    """Tell whether there is anything to fold."""
    return bool(_ANY_CHANGE.all(tx))


def _may_fold(tx: Tx) -> bool:
    if tx.dialect.name == "sqlite":
        return True  # one writer at a time
    lock = sa.func.pg_try_advisory_xact_lock(_FOLD_LOCK)
    return bool(tx.execute(sa.select(lock)).scalar_one())


def _add_to_totals(tx: Tx, sums: Counter[tuple[str, str]]) -> None:
    rows: list[dict[str, Any]] = [
        {"destination": destination, "state": state, "count": change}
        for (destination, state), change in sorted(sums.items())
    ]
    _ADD_TO_TOTALS.run_each(tx, rows)


def _adding_to_totals(dialect: str) -> sa.Insert:
    statement = insert_for(dialect, delivery_counts)
    added = delivery_counts.c.count + statement.excluded.count
    key = [delivery_counts.c.destination, delivery_counts.c.state]
    return statement.on_conflict_do_update(index_elements=key, set_={"count": added})


_ADD_TO_TOTALS = Compiled(_adding_to_totals, columns=("destination", "state", "count"))


def kept_counts() -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Return what selects destination, state and count: of the totals, and of all changes."""
    totals = sa.select(
        delivery_counts.c.destination, delivery_counts.c.state, delivery_counts.c.count
    )
    changes = sa.select(
        delivery_count_changes.c.destination,
        delivery_count_changes.c.state,
        sa.func.sum(delivery_count_changes.c.change),
    )
    changes = changes.group_by(delivery_count_changes.c.destination, delivery_count_changes.c.state)
    return totals, changes


def kept(tx: Tx) -> dict[str, Counter[str]]:
    """Return the kept counts by destination and state: the totals with all changes."""
    found: dict[str, Counter[str]] = {}
    for destination, state, count in tx.execute(sa.union_all(*kept_counts())):
        found.setdefault(destination, Counter())[state] += int(count)
    return found
