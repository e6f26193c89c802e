"""The store of a simulated process: the real one, which a dead process cannot use any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.store.engine.store import NEW_ROWS, Store, Tx
from tests.simulation.crash.life import RequireLife
from tests.simulation.world.bookkeeping import STATEMENTS
from tests.support.database.stores import empty_store


class ProcessStore(Store):
    """Refuses its process when that is dead; what was open then is rolled back."""

    require_life: RequireLife = staticmethod(lambda: None)
    written: Callable[[bool], None] = staticmethod(lambda _new_rows: None)
    """Is told of each write, and whether it put rows into the outbox."""

    @contextmanager
    def write(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.write`."""
        self.require_life()
        new_rows = True
        try:
            with super().write(long=long) as tx:
                yield tx
                self.require_life()
                new_rows = tx.info.pop(NEW_ROWS, False)
        finally:
            self.written(new_rows)

    @contextmanager
    def write_one(self) -> Iterator[Tx]:
        """As `Store.write_one`."""
        self.require_life()
        try:
            with super().write_one() as tx:
                yield tx
                self.require_life()
        finally:
            self.written(False)

    @contextmanager
    def read(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.read`."""
        self.require_life()
        with super().read(long=long) as tx:
            yield tx


def handled(tx: Tx, message_id: str) -> None:
    """Count, in the transaction of its handling, that a message was handled."""
    tx.exec_driver_sql(
        "INSERT INTO sim_handled VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1",
        (message_id,),
    )


def make_database(path: Path) -> None:
    """Make an empty database whose deliveries refuse illegal moves."""
    store = empty_store(path)
    with store.write() as tx:
        for statement in STATEMENTS:
            tx.exec_driver_sql(statement)
    store.close()
