"""Asks a connection to PostgreSQL whether it still works before it is used after a rest.

A question before each transaction costs a round trip each. So a connection is handed out without
one for `TRUSTED_FOR` after its last use, unless the server has sent something meanwhile: an idle
server sends nothing until it ends the session. A line that fell silent within that time is not
noticed: then the transaction fails as if the line had fallen silent a
moment later.
"""

import select
from datetime import timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

TRUSTED_FOR = timedelta(seconds=2)
_REST = "idle_since"


def check(engine: sa.Engine, *, trusted_for: timedelta) -> None:
    """Have the engine's pool replace connections that no longer work, as it gives them out."""
    seconds = trusted_for.total_seconds()

    def on_checkin(_line: object, record: Any) -> None:
        record.info[_REST] = monotonic()

    def on_checkout(line: Any, record: Any, _proxy: object) -> None:
        since = record.info.get(_REST)
        if since is None:  # it is new
            return
        if monotonic() - since >= seconds or _has_news(line):
            _probe(line)

    sa.event.listen(engine, "checkin", on_checkin)
    sa.event.listen(engine, "checkout", on_checkout)


def _has_news(line: Any) -> bool:
    """Tell whether something has come from the server, the end of the stream included."""
    import psycopg  # here: SQLite does without the driver

    try:
        poll = select.poll()  # not select(): it knows no descriptor above 1023
        poll.register(line.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, psycopg.Error):
        return True


def _probe(line: Any) -> None:
    import psycopg

    try:
        line.autocommit = True  # else a transaction would begin here
        line.execute("SELECT 1")
        line.autocommit = False
    except psycopg.Error as error:  # the others of the pool are as old: the pool drops them too
        raise sa.exc.InvalidatePoolError("the connection broke") from error
