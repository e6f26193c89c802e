"""Which errors of a database mean that it is away: the table of codes, for both engines."""

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from hub.store.engine.store import is_away

ABSENT = (
    "08000",  # connection_exception
    "08006",  # connection_failure
    "25P03",  # idle_in_transaction_session_timeout
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "53100",  # disk_full
    "53300",  # too_many_connections
    "55P03",  # lock_not_available
    "57014",  # query_canceled
    "57P01",  # admin_shutdown
    "57P03",  # cannot_connect_now
    "58030",  # io_error
)
LASTING = (
    "22003",  # numeric_value_out_of_range
    "23505",  # unique_violation
    "25006",  # read_only_sql_transaction
    "42501",  # insufficient_privilege
    "42601",  # syntax_error
    "42703",  # undefined_column
    "42P01",  # undefined_table
    "54000",  # program_limit_exceeded
    "58P01",  # undefined_file
)


def of_postgresql(sqlstate: str) -> sa.exc.DBAPIError:
    """Return the error as SQLAlchemy raises it."""
    return wrapped(errors.lookup(sqlstate)(), psycopg.Error)


def of_sqlite(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> Exception:
    """Return the error as SQLAlchemy raises it."""
    error = kind()
    error.sqlite_errorcode = code
    return wrapped(error, sqlite3.Error)


def wrapped(error: Exception, base: type[Exception]) -> sa.exc.DBAPIError:
    """Return a driver's error as SQLAlchemy raises it."""
    found = sa.exc.DBAPIError.instance("SELECT 1", {}, error, base)
    assert isinstance(found, sa.exc.DBAPIError)
    return found


@pytest.mark.parametrize("sqlstate", ABSENT)
def test_a_server_that_cannot_be_used_now_is_away(sqlstate: str) -> None:
    """No connection, no room, a lock, a server that ends: it may work in a moment."""
    assert is_away(of_postgresql(sqlstate))


@pytest.mark.parametrize("sqlstate", LASTING)
def test_what_waiting_does_not_mend_is_no_absence(sqlstate: str) -> None:
    """A wrong statement, a missing column or right, a value that does not fit."""
    assert not is_away(of_postgresql(sqlstate))


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_BUSY_SNAPSHOT,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    ],
)
def test_a_file_that_cannot_be_used_now_is_away(code: int) -> None:
    """Also by the extended codes."""
    assert is_away(of_sqlite(code))


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY, 0])
def test_a_wrong_statement_on_sqlite_is_no_absence(code: int) -> None:
    """SQLite's word for a missing column is the class of those for a busy file."""
    assert not is_away(of_sqlite(code))


def test_errors_without_a_code() -> None:
    """No connection, none left in the pool, a connection that broke: away. Our own fault: not."""
    assert is_away(wrapped(psycopg.OperationalError("connection refused"), psycopg.Error))
    assert is_away(sa.exc.TimeoutError("no connection is left"))
    broken = sa.exc.DBAPIError("SELECT 1", {}, psycopg.errors.InternalError_())
    broken.connection_invalidated = True
    assert is_away(broken)
    assert not is_away(wrapped(sqlite3.OperationalError("no code"), sqlite3.Error))
    assert not is_away(ValueError())
