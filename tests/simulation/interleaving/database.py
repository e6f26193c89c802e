"""The private PostgreSQL of interleaved stories, and what is noticed on the way to it."""

import os
import re
import signal
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import cache, partial
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.store.engine.session import options
from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate
from tests.simulation.database.observer import NEXT_ON_POSTGRESQL, Next, next_of
from tests.simulation.database.store import ProcessStore
from tests.simulation.interleaving.bookkeeping import STATEMENTS

SETTINGS = {
    # nothing of a story outlives it
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1d",
    # what the server does by itself, when the machine has time for it, would be chance
    "autovacuum": "off",
    "deadlock_timeout": "1h",
    "max_parallel_workers_per_gather": "0",
}
"""Of the server: deadlocks are found and ended by the scheduler."""
_SHOWN = 100
"""Letters of a statement in the table of a story."""
_TEMPLATE = "simulated"
_NEVER = timedelta(days=10)
_SESSION = (*options(_NEVER), "-c idle_in_transaction_session_timeout=0")
_BLOCKERS = "SELECT pid, pg_blocking_pids(pid) FROM unnest(%s::int[]) AS of (pid)"


class Server:
    """Makes a database for each story, from one that was migrated once."""

    def __init__(self, server: PrivatePostgres) -> None:
        self._server = server
        self._count = 0
        with closing(Store(server.create_database(_TEMPLATE))) as made:
            migrate(made)
            with made.write() as tx:
                for statement in STATEMENTS:
                    tx.exec_driver_sql(statement.replace("%", "%%"))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the address of an empty database, without limits of the machine's own time."""
        self._count += 1
        name = f"story_{self._count}"
        url = sa.make_url(self._server.create_database(name, template=_TEMPLATE))
        try:
            limitless = url.update_query_dict({"options": " ".join(_SESSION)})
            yield limitless.render_as_string(hide_password=False)
        finally:
            self._server.drop_database(name)


class PostgresObserver:
    """Reads what was committed, on a connection of its own that never stands still."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url).set(drivername="postgresql", query={})
        self._connection = psycopg.connect(
            address.render_as_string(hide_password=False), autocommit=True
        )
        self._version = -1
        self._next: Next

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Return what a question brings."""
        return self._connection.execute(_text(sql), values).fetchall()

    def what_next(self, version: int) -> Next:
        """Return what comes next; `version` changes with each write."""
        if version != self._version:
            self._version = version
            self._next = next_of(self.rows(NEXT_ON_POSTGRESQL))
        return self._next

    def blockers(self, sessions: Collection[int]) -> Mapping[int, Collection[int]]:
        """Return whom each of these sessions waits for."""
        return dict(self._connection.execute(_BLOCKERS, (list(sessions),)).fetchall())

    def cancel(self, session: int) -> None:
        """End the statement of a session."""
        self._connection.execute("SELECT pg_cancel_backend(%s)", (session,))

    def halt(self, session: int) -> None:
        """Have the server's process of a session that waits for a lock stand still."""
        os.kill(session, signal.SIGSTOP)

    def go_on(self, session: int) -> None:
        """Have it go on."""
        os.kill(session, signal.SIGCONT)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


@cache
def _text(sql: str) -> bytes:
    """Return a question with its parameters as the driver names them."""
    return re.sub(r"(?<!:):(\w+)", r"%(\1)s", sql.replace("%", "%%")).encode()


class Boundaries(Protocol):
    """What stands around each statement and before each commit."""

    def before(self, line: Any, what: str) -> None:
        """A connection is about to do something."""

    def after(self, line: Any) -> None:
        """Its statement has come back, well or not. Raises what it is to be ended with."""

    def failed(self, error: sa.exc.SQLAlchemyError) -> None:
        """The database has ended a statement or a commit with an error."""


class InterleavedStore(ProcessStore):
    """A store whose statements and commits pass boundaries, once it has them."""

    boundaries: Boundaries | None = None

    def __init__(self, url: str) -> None:
        """Without what depends on the machine's own time, and without threads."""
        super().__init__(
            url,
            patience=_NEVER,
            longest=_NEVER,
            plans_last=_NEVER,
            trusted_for=_NEVER,
            notify_listeners=False,
        )
        sa.event.listen(self.engine, "do_connect", self._connecting)
        sa.event.listen(self.engine, "commit", self._committing)
        sa.event.listen(self.engine, "handle_error", self._failed)
        with self.engine.connect():  # what SQLAlchemy asks once is no part of a story
            pass

    def _connecting(
        self, _dialect: Any, _record: object, _given: object, options: dict[str, Any]
    ) -> None:
        options["cursor_factory"] = partial(_Cursor, self)

    def _committing(self, connection: sa.Connection) -> None:
        if self.boundaries:
            self.boundaries.before(connection.connection.dbapi_connection, "COMMIT")

    def _failed(self, context: sa.ExceptionContext) -> None:
        if self.boundaries and context.sqlalchemy_exception:
            self.boundaries.failed(context.sqlalchemy_exception)


class _Cursor(psycopg.Cursor[Any]):
    def __init__(self, store: InterleavedStore, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._store = store

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        with self._passing(query):
            return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        with self._passing(query):
            super().executemany(query, params_seq, **options)

    @contextmanager
    def _passing(self, query: Any) -> Iterator[None]:
        by = self._store.boundaries
        if by is None:
            yield
            return
        by.before(self.connection, shown(query))
        try:
            yield
        finally:
            by.after(self.connection)


def shown(query: Any) -> str:
    """Return the beginning of a statement, on one line."""
    text = query.decode() if isinstance(query, bytes) else str(query)
    return " ".join(text[:_SHOWN].split())[:_SHOWN]
