"""Stores messages of a new meaning: each enters inbox, journal and outbox.

On PostgreSQL that is one statement, in which each body goes to the server once; on SQLite, where no
way is long, it is three. A message whose meaning is known is left out: `journal.accept` compares it
with the first one and decides what its sender is answered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningInsert

from hub.messages import queues
from hub.messages.invalid import InvalidMessage
from hub.store.engine.store import Tx, insert_for
from hub.store.messages import outbox
from hub.store.schema.tables.exchange import inbox, journal
from hub.store.statements.compiled import Compiled, columns_of
from hub.store.statements.row_arrays import RowArrays

Row = Mapping[str, Any]
"""A row of the journal, with its `dedup_key`; all of a call were recorded at one time."""
_LATER = ("code", "reason", "early_since", "body_hash", "body_size")
REPEATED = columns_of(journal, *_LATER)
"""Columns of a message as its sender sent it."""


def _insert_in_inbox(dialect: str) -> ReturningInsert[tuple[str]]:
    statement = insert_for(dialect, inbox).on_conflict_do_nothing()
    return statement.returning(inbox.c.dedup_key)


_INSERT_IN_INBOX = Compiled(_insert_in_inbox, columns=columns_of(inbox))
_ADD = Compiled(lambda it: insert_for(it, journal).on_conflict_do_nothing(), columns=REPEATED)

_SENT = [inbox.c.dedup_key, *(journal.c[name] for name in REPEATED if name != "recorded_at")]
_ARRAYS = RowArrays(_SENT)
_NAMES = ", ".join(name for name in REPEATED if name != "recorded_at")
# Inbox rows in one order: two processes that store the same messages do not wait for each other.
_AT_ONCE = Compiled(
    sa.text(
        f"""
WITH given AS MATERIALIZED (
    SELECT * FROM {_ARRAYS.rows} WITH ORDINALITY AS given({_ARRAYS.names}, place)
), met AS (
    INSERT INTO inbox (dedup_key, message_id, received_at)
    SELECT dedup_key, id, CAST(:now AS BIGINT) FROM given ORDER BY dedup_key
    ON CONFLICT DO NOTHING RETURNING dedup_key
), fresh AS MATERIALIZED (
    SELECT * FROM given WHERE dedup_key = ANY (ARRAY(SELECT dedup_key FROM met))
), stored AS (
    INSERT INTO journal ({_NAMES}, recorded_at)
    SELECT {_NAMES}, CAST(:now AS BIGINT) FROM fresh
    ON CONFLICT DO NOTHING RETURNING id
), asked AS (
    INSERT INTO outbox (queue, message_id, type, body)
    SELECT '{queues.INGEST}', id, type, body FROM fresh ORDER BY place
)
SELECT met.dedup_key, counted.rows
FROM met CROSS JOIN (SELECT count(*) AS rows FROM stored) AS counted"""  # noqa: S608 - no input
    )
)


def record(tx: Tx, rows: Sequence[Row], now: datetime) -> set[str]:
    """Record messages whose meaning is new and ask for their handling, in their order.

    Returns the keys of those. Each meaning stands once in `rows`. Raises InvalidMessage where
    another message has the id of a new one.
    """
    if tx.dialect.name == "sqlite":
        met = [
            {"dedup_key": row["dedup_key"], "message_id": row["id"], "received_at": now}
            for row in rows
        ]
        fresh = {found.dedup_key for found in _INSERT_IN_INBOX.all_each(tx, met)}
        store(tx, [row for row in rows if row["dedup_key"] in fresh])
        return fresh
    found = _AT_ONCE.all(tx, {**_ARRAYS.values(rows), "now": now})
    keys = {key for key, _ in found}
    if found:
        _must_be_there(tx, [row for row in rows if row["dedup_key"] in keys], stored=found[0][1])
        outbox.mark_new_rows(tx)
    return keys


def store(tx: Tx, rows: Sequence[Row]) -> None:
    """Store messages and ask for their handling, whatever the inbox knows of their meaning.

    Raises InvalidMessage where another message has the id of one of them.
    """
    if rows:
        rows_read = [{name: row[name] for name in REPEATED} for row in rows]
        _must_be_there(tx, rows, stored=_ADD.run_each(tx, rows_read))
        outbox.put(tx, map(_enqueueing, rows))


def _must_be_there(tx: Tx, rows: Sequence[Row], *, stored: int) -> None:
    """Raise InvalidMessage where the journal has another message under the id of one of the rows.

    The same one may be there without its meaning: the broker brought it after an old copy of the
    database was put back.
    """
    if stored == len(rows):
        return
    columns = (journal.c.id, journal.c.body, journal.c.body_hash)
    found = tx.execute(sa.select(*columns).where(journal.c.id.in_([row["id"] for row in rows])))
    there = {row.id: row for row in found}
    if not all(keeps(there[row["id"]], row["body"]) for row in rows):
        # Answered under the id of another message it would pass for handled, and be lost.
        raise InvalidMessage("envelope_invalid", where="$.id", why="another message has this id")


def keeps(kept: Any, body: bytes) -> bool:
    """Tell whether a row of the journal has these bytes, or the hash of them in their place."""
    if kept.body_hash is None:
        return bool(kept.body == body)
    return bool(kept.body_hash == hashlib.sha256(body).hexdigest())


def _enqueueing(row: Row) -> outbox.ToPublish:
    return outbox.ToPublish(queues.INGEST, row["id"], row["type"], row["body"])
