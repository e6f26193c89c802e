"""The store's engine: one database, short write transactions, no ORM.

SQLite (WAL, synchronous=FULL) serves one process, PostgreSQL serves several. Both are used in the
same way: `write()` gives a transaction that commits at the end of the block or rolls back, `read()`
gives one consistent view and may neither write nor lock. On SQLite the writers of a process write
one after another and share a commit, see `sqlite_writer`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from hub.store.engine import idle_connections, session
from hub.store.engine.file_rights import make_directory, make_file
from hub.store.engine.notifier import Notifier
from hub.store.engine.sqlite_writer import SharedWriter, TransactionLost
from hub.store.statements.compiled import Compiled

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    from hub.store.engine.connection_watchdog import ConnectionWatchdog

Tx = sa.Connection
"""A connection inside a transaction; store functions take it first and never commit."""
NEW_ROWS = "hub_new_rows"
"""In a transaction's `info`: it has put rows into the outbox, which other processes may be told."""


StoreUnavailable = sa.exc.SQLAlchemyError
"""What the store raises when its database cannot be used; named here for those outside."""


_BEGIN = Compiled(sa.text("BEGIN"))
# PostgreSQL would else show each statement what stands at its own moment. The driver says it in the
# BEGIN that it sends anyway: no round trip more. SQLite's read transaction is one view as it is.
_ONE_VIEW = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}


_AWAY_CLASSES = ("08", "40", "53", "55", "57")
"""Of SQLSTATEs: no connection, rolled back by another, no resources, not ready, an operator."""
_AWAY_CODES = ("25P03", "58030")
"""The server ended an idle transaction; its own disk did not read or write."""
_AWAY_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        # many processes began to read or write the log at the same moment, again and again
        sqlite3.SQLITE_PROTOCOL,
    }
)


def is_away(error: BaseException) -> bool:
    """Tell whether the database could not be used just now, whoever asked what.

    What would fail in the same way tomorrow (a column that is missing, a right that is not given)
    is not absence: a caller that waited for its end would wait for ever, without a report.
    """
    if isinstance(error, sa.exc.TimeoutError | TransactionLost) or getattr(
        error, "connection_invalidated", False
    ):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # the low byte; what stands above it says more exactly why
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _AWAY_SQLITE
    state = getattr(cause, "sqlstate", None)
    if state is None:  # it did not come to a connection
        return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    return state.startswith(_AWAY_CLASSES) or state in _AWAY_CODES


BUSY = timedelta(seconds=30)
"""How long SQLite waits for another process that holds the database."""
_STATEMENTS_KEPT = 1024
"""Of a connection to SQLite, ready to run: an INSERT of many rows is eighteen of them."""
_OF_SQLITE = {"check_same_thread": False, "cached_statements": _STATEMENTS_KEPT}
_HIDDEN = {"hide_parameters": True}
"""Trap: the words of an error may still quote values (PostgreSQL's do), see
`rules.failures.error_summary`."""
_FULL_POSTGRESQL, _FULL_SQLITE = "53100", 13


def is_full(error: BaseException) -> bool:
    """Tell whether the database has no room left on its disk."""
    cause = getattr(error, "orig", None)
    codes = (getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", None))
    return _FULL_POSTGRESQL in codes or _FULL_SQLITE in codes


_DAMAGED_SQLITE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


_FORBIDDEN_SQLITE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


def is_forbidden(error: BaseException) -> bool:
    """Tell whether this user may not write the database's file."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _FORBIDDEN_SQLITE


def is_damaged(error: BaseException) -> bool:
    """Tell whether the database's file is damaged, or no database at all."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED_SQLITE


class Store:
    """Owns the connection pool; threads share it freely."""

    def __init__(
        self,
        url: str,
        *,
        connections: int = 16,
        patience: timedelta | None = None,
        notify_listeners: bool = True,
        longest: timedelta = session.LONGEST_STATEMENT,
        plans_last: timedelta = session.PLANS_LAST,
        trusted_for: timedelta = idle_connections.TRUSTED_FOR,
    ) -> None:
        """`patience`: how long a line to PostgreSQL may be silent before it is doubted; None:
        `connection_watchdog.PATIENCE`. `longest`: how long a statement may take on PostgreSQL;
        `plans_last`: how long a connection keeps its plans; see `session`. `trusted_for`: how long
        a connection that nobody uses is given out unchecked, see `idle_connections`.
        `notify_listeners`: whether PostgreSQL notifies a relay in another process of new outbox
        rows.
        """
        parsed = make_url(url)
        self.name = parsed.get_backend_name()
        self.url = url
        pool = {"pool_size": connections, "max_overflow": 4}
        self._watchdog: ConnectionWatchdog | None = None
        if self.name == "sqlite":
            self.engine = _sqlite_engine(parsed, pool)
        else:
            self.engine, self._watchdog = _postgresql_engine(
                parsed,
                pool,
                patience=patience,
                longest=longest,
                plans_last=plans_last,
                trusted_for=trusted_for,
            )
        self.sqlite_writer = SharedWriter(self.engine.connect) if self.name == "sqlite" else None
        self._readers = self.engine.execution_options(**_ONE_VIEW.get(self.name, {}))
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        notifies = notify_listeners and self.name == "postgresql"
        self._notifier = Notifier(self._single.connect) if notifies else None

    @property
    def trouble(self) -> str:
        """Why the store does not watch itself any more, "" when it does."""
        return self._watchdog.trouble if self._watchdog else ""

    def write(self, *, long: bool = False) -> AbstractContextManager[Tx]:
        """Open a write transaction; it is durable when the block has ended well.

        `long`: it may read whole tables and take minutes, see `session`.
        """
        if self.sqlite_writer:
            opened = self.sqlite_writer.write()
        else:
            opened = self._notifying(self._notifier) if self._notifier else self.engine.begin()
        return _long(opened) if long else opened

    @contextmanager
    def _notifying(self, notifier: Notifier) -> Iterator[Tx]:
        with self.engine.begin() as tx:
            tx.info.pop(NEW_ROWS, None)  # of one that was rolled back: it belongs to the connection
            yield tx
            new_rows = tx.info.pop(NEW_ROWS, False)
        if new_rows:
            notifier.notify()

    def write_one(self) -> AbstractContextManager[Tx]:
        """Open a write transaction for one statement: on PostgreSQL it commits by itself.

        Two ways to the server less. It is durable, or undone, when the statement has come back, not
        at the end of the block.
        """
        return self.sqlite_writer.write() if self.sqlite_writer else self._single.connect()

    @contextmanager
    def read(self, *, long: bool = False) -> Iterator[Tx]:
        """Open a read transaction: one consistent view of the store. `long` as in `write`."""
        with self._readers.connect() as connection:  # the pool rolls back what comes back to it
            if self.name == "sqlite":
                _BEGIN.run(connection)
            elif long:
                session.free(connection)
            yield connection

    def close(self) -> None:
        """Give back all connections."""
        if self._notifier:
            self._notifier.close()
        if self._watchdog:
            self._watchdog.close()
        if self.sqlite_writer:
            self.sqlite_writer.close()
        self.engine.dispose()


@contextmanager
def _long(opened: AbstractContextManager[Tx]) -> Iterator[Tx]:
    with opened as tx:
        session.free(tx)
        yield tx


def _sqlite_engine(url: sa.URL, pool: dict[str, int]) -> sa.Engine:
    """Return the engine of a database in a file, which is made where it is missing."""
    _make_database_file(url.database)
    arguments = {**_OF_SQLITE, "timeout": BUSY.total_seconds()}
    engine = sa.create_engine(url, connect_args=arguments, **_HIDDEN, **pool)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _postgresql_engine(
    url: sa.URL,
    pool: dict[str, int],
    *,
    patience: timedelta | None,
    longest: timedelta,
    plans_last: timedelta,
    trusted_for: timedelta,
) -> "tuple[sa.Engine, ConnectionWatchdog]":
    """Return an engine whose connections are watched, prepared, and checked before they are used,
    and what watches them.
    """
    # With them the driver, which SQLite does not need.
    from hub.store.engine import connection_watchdog
    from hub.store.statements.array_dumper import teach

    watchdog = connection_watchdog.ConnectionWatchdog(
        patience=patience or connection_watchdog.PATIENCE
    )
    arguments, sent = connection_watchdog.line_options(url.query, session.options(longest))
    engine = sa.create_engine(url, connect_args=arguments, **_HIDDEN, **pool)

    def connected(line: Any, _record: object) -> None:
        watchdog.know(line, session.prepare_session(line, sent))

    sa.event.listen(engine, "connect", lambda line, _record: watchdog.watch(line))
    sa.event.listen(engine, "connect", connected)
    # Before any other statement.
    idle_connections.check(engine, trusted_for=trusted_for)
    sa.event.listen(engine, "checkout", session.Plans(plans_last))
    sa.event.listen(engine, "connect", lambda line, _record: teach(line))
    return engine, watchdog


def _make_database_file(database: str | None) -> None:
    if database and database != ":memory:":
        make_directory(Path(database).parent)
        with suppress(OSError):  # then connecting fails, and says so in the usual way
            make_file(Path(database))


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # the driver must not open transactions of its own
    if raw.execute("PRAGMA page_count").fetchone() == (0,):
        # So the pages of what was archived can be given back. Trap: it takes the write lock, also
        # where nothing changes, so every new reader of a file with content would wait for a writer.
        raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY // timedelta(milliseconds=1)}",
        "temp_store=MEMORY",
        "cache_size=-2000",
        "wal_autocheckpoint=2000",
        "journal_size_limit=67108864",
    ):
        raw.execute(f"PRAGMA {pragma}")


def insert(tx: Tx, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Return the INSERT of this transaction's dialect for `table`, which knows ON CONFLICT."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Return the dialect's INSERT for `table`, which knows ON CONFLICT.

    Its `rowcount` counts. Trap: with psycopg SQLAlchemy does not keep the count of an INSERT unless
    it is told to (-1), and a row that is new then passes for one that was there.
    """
    # Each dialect is loaded where it is used: the other one costs a command a tenth of a second.
    made: sqlite.Insert | postgresql.Insert
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as on_sqlite

        made = on_sqlite(table)
    else:
        from sqlalchemy.dialects.postgresql import insert as on_postgresql

        made = on_postgresql(table)
    return made.execution_options(preserve_rowcount=True)


def database_time(tx: Tx) -> datetime:
    """Return the time by the database's clock."""
    if tx.dialect.name == "sqlite":
        query = "SELECT (julianday('now') - 2440587.5) * 86400.0"
    else:
        query = "SELECT extract(epoch FROM clock_timestamp())"
    return datetime.fromtimestamp(float(tx.execute(sa.text(query)).scalar_one()), UTC)
