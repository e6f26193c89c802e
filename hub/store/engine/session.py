"""How long a statement on PostgreSQL may take, and which ways of carrying it out it may choose.

A hot statement takes milliseconds. One that takes `LONGEST_STATEMENT` has met a bad plan or waits
for a lock that nobody gives up: the server cancels it (57014), its transaction ends with all its
locks, and the role that sent it does as when the database is away: it tries again. A whole table is
never the right way for it, so the server may neither scan one nor join two. Plans are forgotten
now and then, because one that was made while a table was empty is kept until the next ANALYZE. Work
that has to read everything says so (`Store.read(long=True)`) and has neither limit; so have
migrations.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

from hub.store.statements.compiled import Compiled

LONGEST_STATEMENT = timedelta(seconds=30)
"""Longer than the server lets a silent client keep a lock (`connection_watchdog.LONGEST_PAUSE`,
20 s), so that waiting for such a lock ends well.
Far shorter than a lease (560 s with the default timeouts)."""
PLANS_LAST = timedelta(seconds=30)
"""How long a connection keeps its plans: a burst on empty tables meets bad ones for no longer."""
_LIMITED = {
    # What cannot do without a whole table is dear in the planner's eyes, and would be compiled.
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_FREE = {
    "statement_timeout": "0",
    "enable_seqscan": "on",
    "enable_hashjoin": "on",
    "enable_mergejoin": "on",
}


def options(longest: timedelta) -> tuple[str, ...]:
    """Return the limits as options of a new session."""
    timeout = f"{longest // timedelta(milliseconds=1)}ms"
    limits = {"statement_timeout": timeout, **_LIMITED}
    return tuple(f"-c {name}={value}" for name, value in limits.items())


def prepare_session(line: Any, settings: tuple[str, ...]) -> int:
    """Return the server's process of a new session; behind a pooler have it take its settings.

    A pooler drops the options of a new session or refuses them, and tells a process of its own.
    `settings` are options, `-c name=value`. Raises sqlalchemy.exc.OperationalError.
    """
    import psycopg  # here: SQLite does without the driver

    try:
        line.autocommit = True
        (process,) = line.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
        if process != line.pgconn.backend_pid:
            for name, _, value in (it.removeprefix("-c ").partition("=") for it in settings):
                line.execute("SELECT set_config(%s, %s, false)", (name, value), prepare=False)
        line.autocommit = False
    except psycopg.Error as error:
        line.close()
        raise sa.exc.OperationalError("settings of a session", None, error) from error
    return int(process)


class Plans:
    """Forgets the plans of connections as they are taken from a pool; one a store."""

    def __init__(self, last: timedelta) -> None:
        self._last = last.total_seconds()

    def __call__(self, line: Any, record: Any, _proxy: object) -> None:
        """Forget those of a connection, where they are old; a hook for SQLAlchemy's checkout."""
        now = monotonic()
        if now - record.info.setdefault("plans_since", now) >= self._last:
            import psycopg  # here: SQLite does without the driver

            record.info["plans_since"] = now
            try:
                line.autocommit = True  # else a transaction would begin here
                line.execute("DISCARD PLANS")
                line.autocommit = False
            except psycopg.Error as error:  # the pool tries another one
                raise sa.exc.DisconnectionError("the connection broke") from error


def _setting(*, for_transaction: bool) -> sa.TextClause:
    local = "true" if for_transaction else "false"
    calls = (f"set_config('{name}', '{value}', {local})" for name, value in _FREE.items())
    return sa.text(f"SELECT {', '.join(calls)}")


_FREE_TRANSACTION = Compiled(_setting(for_transaction=True))
_FREE_SESSION = _setting(
    for_transaction=False
)  # not prepared: SQLAlchemy has to know of the commit


def free(tx: sa.Connection) -> None:
    """Take the limits off for the rest of a transaction; nothing on SQLite."""
    if tx.dialect.name == "postgresql":
        _FREE_TRANSACTION.run(tx)


@contextmanager
def freed(connection: sa.Connection) -> Iterator[None]:
    """Take the limits off a connection, over all its transactions in the block."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(_FREE_SESSION)
    connection.commit()
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            for name in _FREE:
                connection.execute(sa.text(f"RESET {name}"))
            connection.commit()
