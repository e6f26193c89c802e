"""Counts how often a process asks its PostgreSQL server, statement by statement.

One execute is one way there and back, an executemany too (the driver sends all of it before it
reads), and so are BEGIN and COMMIT, which the driver sends by itself.
"""

from typing import Any

import psycopg
import sqlalchemy as sa

from hub.store.engine.store import Store


class Counter:
    """Counts from `watch` on; `total` may be set back."""

    def __init__(self) -> None:
        self.total = 0

    def watch(self, store: Store) -> None:
        """Count on every line that the store opens from now on. SQLite is asked without a way."""
        if store.name != "postgresql":
            return
        counter = self

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, *args: Any, **options: Any) -> Any:
                counter.total += 1
                return super().execute(*args, **options)

            def executemany(self, *args: Any, **options: Any) -> None:
                counter.total += 1
                super().executemany(*args, **options)

        def began(line: Any, _record: object) -> None:
            line.cursor_factory = Cursor

        def ended(*_: object) -> None:
            counter.total += 2

        sa.event.listen(store.engine, "connect", began)
        sa.event.listen(store.engine, "commit", ended)
