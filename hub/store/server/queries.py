"""Questions to a PostgreSQL server that may not be answered: one failure for all causes."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from hub.rules.failures.error_summary import describe_error


class NotSeen(Exception):
    """The server did not answer: a right is missing, or the connection ended."""


@contextmanager
def one_failure() -> Iterator[None]:
    """Raise NotSeen, with the cause and none of the server's words, where a question fails."""
    try:
        yield
    except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
        raise NotSeen(describe_error(error)) from error
