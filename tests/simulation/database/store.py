"""The store of a simulated process: the real one, which a dead process cannot use any more."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import sqlalchemy as sa

from hub.store.engine.sqlite_writer import SharedWriter
from hub.store.engine.store import NEW_ROWS, Store, Tx
from hub.store.statements.compiled import Compiled
from tests.simulation.crash.life import RequireAlive
from tests.simulation.database.in_memory import Database

_HANDLED = Compiled(
    lambda dialect: sa.text(
        "INSERT INTO sim_handled VALUES (:message, 1) ON CONFLICT DO UPDATE SET times = times + 1"
        if dialect == "sqlite"
        # only a new row: noting may not make a transaction wait for another one
        else "INSERT INTO sim_notes VALUES ('handled', :message, '', 1)"
    )
)


class ProcessStore(Store):
    """Refuses its process when that is dead; what was open then is rolled back."""

    require_alive: RequireAlive = staticmethod(lambda: None)
    require_room: Callable[[], None] = staticmethod(lambda: None)
    """Raises where a write finds no room on the disk."""
    written: Callable[[bool], None] = staticmethod(lambda _new_rows: None)
    """Is told of each write, and whether it put rows into the outbox."""

    @contextmanager
    def write(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.write`."""
        self.require_alive()
        new_rows = True
        try:
            with super().write(long=long) as tx:
                tx.info.pop(NEW_ROWS, None)  # of one that was rolled back
                yield tx
                self.require_alive()
                self.require_room()
                new_rows = tx.info.pop(NEW_ROWS, False)
        finally:
            self.written(new_rows)

    @contextmanager
    def write_one(self) -> Iterator[Tx]:
        """As `Store.write_one`."""
        self.require_alive()
        try:
            with super().write_one() as tx:
                yield tx
                self.require_alive()
                self.require_room()
        finally:
            self.written(False)

    @contextmanager
    def read(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.read`."""
        self.require_alive()
        with super().read(long=long) as tx:
            yield tx


class InMemoryStore(ProcessStore):
    """In the place of a file, the database that all stories have in turn."""

    def __init__(self, database: Database) -> None:
        """Use its one connection."""
        self.name, self.url = "sqlite", "sqlite://"
        self.database = database
        self.engine = database.engine
        self._writer = SharedWriter(self.engine.connect)
        self.sqlite_writer = self._writer

    def read(  # type: ignore[override]  # not a generator of its own, but the database's
        self,
        *,
        long: bool = False,  # noqa: ARG002 - its shape
    ) -> AbstractContextManager[Tx]:
        """As `Store.read`."""
        self.require_alive()
        return self.database.read()

    def close(self) -> None:
        """Give back the writer's connection; the database stays."""
        self._writer.close()


def handled(tx: Tx, message_id: str) -> None:
    """Count, in the transaction of its handling, that a message was handled."""
    _HANDLED.run(tx, {"message": message_id})
