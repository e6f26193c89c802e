"""What keeps PostgreSQL from cleaning up: the oldest transaction, who holds it, what it holds up.

As long as a transaction is open, rows that were deleted or changed after its begin stay as dead
rows, and each look at outbox or deliveries walks over them. The same do a prepared transaction that
nobody ended, and a replication slot that nobody reads. No text of a statement is asked for: it may
hold personal data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.store.engine.store import Tx

TABLES = ("outbox", "deliveries", "journal")
"""Whose dead rows slow the exchange."""
_SESSIONS = """
SELECT pid, coalesce(application_name, '') AS name, coalesce(usename, '') AS account,
       coalesce(host(client_addr), 'local') AS place, coalesce(state, '') AS state,
       xact_start AS since
FROM pg_stat_activity
WHERE xact_start < now() - CAST(:longer AS interval) AND pid <> pg_backend_pid()
  AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
ORDER BY xact_start LIMIT 5
"""
_PREPARED = """
SELECT gid, owner, prepared AS since FROM pg_prepared_xacts
WHERE database = current_database() AND prepared < now() - CAST(:longer AS interval)
ORDER BY prepared LIMIT 5
"""
_SLOTS = """
SELECT slot_name, age(coalesce(xmin, catalog_xmin)) AS behind FROM pg_replication_slots
WHERE NOT active AND coalesce(xmin, catalog_xmin) IS NOT NULL ORDER BY 2 DESC LIMIT 5
"""
_DEAD = """
SELECT relname AS name, n_dead_tup AS dead FROM pg_stat_user_tables
WHERE relname IN ('outbox', 'deliveries', 'journal') AND n_dead_tup > 0 ORDER BY n_dead_tup DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionHolder:
    """What holds the cleaning up."""

    words: str
    """Which session, prepared transaction or slot."""
    since: datetime | None
    """None where the server does not say."""
    fix: str
    """A statement for the database's administrator."""


def holders(tx: Tx, *, longer: timedelta) -> list[TransactionHolder]:
    """Return transactions that are open for longer, and slots that nobody reads; oldest first."""
    found = [*_sessions(tx, longer), *_prepared(tx, longer), *_slots(tx)]
    return sorted(found, key=lambda it: (it.since is None, it.since))


def dead_rows(tx: Tx) -> Sequence[tuple[str, int]]:
    """Return (table, dead rows) of the tables of the exchange, by the statistics."""
    return [(row.name, row.dead) for row in tx.execute(sa.text(_DEAD))]


def _sessions(tx: Tx, longer: timedelta) -> list[TransactionHolder]:
    return [
        TransactionHolder(
            words=(
                f"pid {row.pid}, application_name {row.name or '(none)'!r}, account"
                f" {row.account or '(hidden)'}, from {row.place}, {row.state or 'state hidden'}"
            ),
            since=row.since,
            fix=f"SELECT pg_terminate_backend({row.pid})",
        )
        for row in tx.execute(sa.text(_SESSIONS), {"longer": longer})
    ]


def _prepared(tx: Tx, longer: timedelta) -> list[TransactionHolder]:
    return [
        TransactionHolder(
            words=f"prepared transaction {row.gid!r} of {row.owner}",
            since=row.since,
            fix=f"ROLLBACK PREPARED '{row.gid}' (or COMMIT PREPARED)",
        )
        for row in tx.execute(sa.text(_PREPARED), {"longer": longer})
    ]


def _slots(tx: Tx) -> list[TransactionHolder]:
    return [
        TransactionHolder(
            words=f"replication slot {row.slot_name!r}, {row.behind} transactions behind",
            since=None,
            fix=f"start its reader, or SELECT pg_drop_replication_slot('{row.slot_name}')",
        )
        for row in tx.execute(sa.text(_SLOTS))
    ]
