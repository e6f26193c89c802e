"""Sessions of PostgreSQL: a pooler that does not keep them, a transaction that stays open."""

from collections.abc import Iterator
from datetime import timedelta

from hub.preflight.check import Check
from hub.records.deadlines.calendar import local
from hub.store.engine.store import Store

LONGEST = timedelta(minutes=10)
"""From then on an open transaction is told; nothing of the hub's own takes so long but reports."""
MINUTES = LONGEST // timedelta(minutes=1)
POOLER_FIX = (
    "Have the pooler keep a session for its client: for PgBouncer `pool_mode=session` on the line"
    " of this database in pgbouncer.ini, and"
    " `ignore_startup_parameters = extra_float_digits,options`; or point"
    " HUB_DATABASE_URL to PostgreSQL itself."
)


def sessions(store: Store) -> Iterator[Check]:
    """Look at both; nothing on SQLite."""
    if store.name == "sqlite":
        return
    from hub.store.server.pooler import Pooling, pooling
    from hub.store.server.queries import NotSeen, asking  # here: SQLite does without the driver

    try:
        with asking():
            found = pooling(store)
        if found is Pooling.TRANSACTION:
            detail = (
                "a pooler gives sessions away after each transaction (PgBouncer, transaction mode):"
                " prepared statements, limits of statements, LISTEN and locks are lost"
            )
            yield Check("database pooler", False, detail, POOLER_FIX, fatal=True)
            return
        if found is Pooling.SESSION:
            yield Check("database pooler", True, "a pooler that keeps sessions")
        with asking():
            oldest = _oldest(store)
        yield oldest
    except NotSeen as error:
        yield Check("database sessions", False, f"not seen: {error}", POOLER_FIX)


def _oldest(store: Store) -> Check:
    from hub.store.server.oldest_transaction import dead_rows, holders

    subject = "database transactions"
    with store.read(long=True) as tx:
        found, dead = holders(tx, longer=LONGEST), dead_rows(tx)
    if not found:
        return Check(subject, True, f"none is open for more than {MINUTES} min")
    first, more = found[0], len(found) - 1
    since = f" since {local(first.since):%Y-%m-%d %H:%M}" if first.since else ""
    rows = ", ".join(f"{count} of {name}" for name, count in dead) or "none yet"
    also = f"; {more} more" if more else ""
    return Check(
        subject,
        False,
        f"open{since}: {first.words}{also}; dead rows that cannot be cleaned up: {rows}",
        f"End it at its program, or as administrator: {first.fix}. Until then every look at outbox"
        " and deliveries grows slower.",
    )
