"""Sessions of PostgreSQL: a pooler that does not keep them, a transaction that stays open."""

from collections.abc import Iterator
from datetime import timedelta

from hub.preflight.check import Check
from hub.records.deadlines.calendar import local
from hub.store.engine.store import Store
from hub.texts import text

LONGEST = timedelta(minutes=10)
"""From then on an open transaction is told; nothing of the hub's own takes so long but reports."""
MINUTES = LONGEST // timedelta(minutes=1)


def sessions(store: Store) -> Iterator[Check]:
    """Look at both; nothing on SQLite."""
    if store.name == "sqlite":
        return
    from hub.store.server.pooler import Pooling, pooling
    from hub.store.server.queries import (  # here: SQLite does without the driver
        NotSeen,
        one_failure,
    )

    try:
        with one_failure():
            found = pooling(store)
        if found is Pooling.TRANSACTION:
            detail, fix = text("checks.pooler_transaction"), text("checks.pooler_fix")
            yield Check("database pooler", False, detail, fix, fatal=True)
            return
        if found is Pooling.SESSION:
            yield Check("database pooler", True, text("checks.pooler_session"))
        with one_failure():
            oldest = _oldest(store)
        yield oldest
    except NotSeen as error:
        yield Check(
            "database sessions",
            False,
            text("checks.not_seen", why=error),
            text("checks.pooler_fix"),
        )


def _oldest(store: Store) -> Check:
    from hub.store.server.oldest_transaction import dead_rows, holders

    subject = "database transactions"
    with store.read(long=True) as tx:
        found, dead = holders(tx, longer=LONGEST), dead_rows(tx)
    if not found:
        return Check(subject, True, text("checks.no_open_transaction", minutes=MINUTES))
    first, more = found[0], len(found) - 1
    since = f"{local(first.since):%Y-%m-%d %H:%M}" if first.since else "?"
    rows = ", ".join(f"{count} {name}" for name, count in dead) or "0"
    also = f" (+{more})" if more else ""
    return Check(
        subject,
        False,
        text("checks.open_transaction", since=since, what=f"{first.words}{also}", rows=rows),
        text("checks.open_transaction_fix", command=first.fix),
    )
