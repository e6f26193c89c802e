"""The outbox: what must be published, written in the transaction that caused it.

A relay reads in order of `seq` and deletes what the broker confirmed. A row that was published and
not deleted is published again, with the same message id; readers do not mind. The order in which
rows reach their queues is no promise, see `hub/exchange/outbox/relay.py`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.engine.store import NEW_ROWS, Tx
from hub.store.schema.tables.exchange import outbox
from hub.store.statements.compiled import Compiled


class OutboxRow(msgspec.Struct, frozen=True):
    """One message that waits for the relay."""

    seq: int
    queue: str
    message_id: str
    type: str
    body: bytes


class ToPublish(msgspec.Struct, frozen=True):
    """One message for the outbox."""

    queue: str
    message_id: str
    type: str
    body: bytes


_INSERT = Compiled(sa.insert(outbox), columns=("queue", "message_id", "type", "body"))
_DELETE_RANGE = Compiled(
    sa.delete(outbox).where(outbox.c.seq.between(sa.bindparam("first"), sa.bindparam("last")))
)


def _first(dialect: str) -> sa.Select[Any]:
    query = sa.select(outbox).where(outbox.c.seq > sa.bindparam("after")).order_by(outbox.c.seq)
    query = query.limit(sa.bindparam("most"))
    return query.with_for_update(skip_locked=True) if dialect == "postgresql" else query


_HEAD = Compiled(_first)
_NEXT = Compiled(
    sa.select(outbox.c.seq)
    .where(outbox.c.seq > sa.bindparam("after"))
    .order_by(outbox.c.seq)
    .limit(sa.bindparam("most"))
)


def put(tx: Tx, rows: Iterable[ToPublish]) -> None:
    """Add rows; they are published after this transaction commits."""
    values = [
        {"queue": row.queue, "message_id": row.message_id, "type": row.type, "body": row.body}
        for row in rows
    ]
    if values:
        _INSERT.run_each(tx, values)
        mark_new_rows(tx)


def mark_new_rows(tx: Tx) -> None:
    """Have other processes told of new rows, when this transaction has committed."""
    tx.info[NEW_ROWS] = True


def head(tx: Tx, limit: int, *, after: int = 0) -> list[OutboxRow]:
    """Return the oldest rows behind `after`.

    PostgreSQL hands them out locked, and skips what another relay has in hand.
    """
    return [OutboxRow(*row) for row in _HEAD.all(tx, {"after": after, "most": limit})]


def has_rows(tx: Tx, *, after: int) -> bool:
    """Tell whether a row stands behind `after`, locking nothing."""
    return bool(_NEXT.all(tx, {"after": after, "most": 1}))


def delete(tx: Tx, seqs: Sequence[int]) -> None:
    """Forget rows that the broker has confirmed; each of them is named once."""
    if not seqs:
        return
    first, last = min(seqs), max(seqs)
    if last - first + 1 == len(seqs):  # the rule; naming thousands costs more than deleting them
        _DELETE_RANGE.run(tx, {"first": first, "last": last})
    else:
        tx.execute(sa.delete(outbox).where(outbox.c.seq.in_(seqs)))


def waiting(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """Return those of the ids that wait here. Reads the whole outbox: for rare questions."""
    query = sa.select(outbox.c.message_id).where(outbox.c.message_id.in_(message_ids))
    return set(tx.execute(query).scalars())


def backlog(tx: Tx) -> int:
    """Return the number of rows that wait."""
    return tx.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
