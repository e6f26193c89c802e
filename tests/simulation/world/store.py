"""The store of a simulated process: the real one, which a dead process cannot use any more.

A trigger in the simulated database refuses every move of a delivery that the state table does not
have, and counts the moves.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hub.rules.deliveries.states import MOVES
from hub.store.engine.store import Store, Tx
from tests.support.database.stores import empty_store


class Crash(BaseException):
    """The process ends here: nothing after this line happens in it."""


class ProcessStore(Store):
    """Refuses its process when that is dead."""

    is_dead: Callable[[], bool] = staticmethod(lambda: False)

    def write(self, *, long: bool = False) -> AbstractContextManager[Tx]:
        """As `Store.write`."""
        self._require_life()
        return super().write(long=long)

    def write_one(self) -> AbstractContextManager[Tx]:
        """As `Store.write_one`."""
        self._require_life()
        return super().write_one()

    @contextmanager
    def read(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.read`."""
        self._require_life()
        with super().read(long=long) as tx:
            yield tx

    def _require_life(self) -> None:
        if self.is_dead():
            raise Crash


def _moves() -> str:
    return " OR ".join(
        f"(OLD.state = '{source}' AND NEW.state = '{target}')"
        for source, targets in MOVES.items()
        for target in targets
    )


_LEGAL = f"""
CREATE TRIGGER sim_legal BEFORE UPDATE OF state ON deliveries
WHEN OLD.state <> NEW.state AND NOT ({_moves()})
BEGIN SELECT RAISE(ABORT, 'a move that the state table does not have'); END
"""
_MOVED = """
CREATE TRIGGER sim_moved AFTER UPDATE OF state ON deliveries
WHEN OLD.state <> NEW.state
BEGIN
    INSERT INTO sim_moves VALUES (OLD.state, NEW.state, 1)
    ON CONFLICT DO UPDATE SET count = count + 1;
END
"""
_COUNTS = """
CREATE TABLE sim_moves (
    source TEXT, target TEXT, count INTEGER, PRIMARY KEY (source, target)
)
"""
_STATEMENTS = (_COUNTS, _LEGAL, _MOVED)


def make_database(path: Path) -> None:
    """Make an empty database whose deliveries refuse illegal moves."""
    store = empty_store(path)
    with store.write() as tx:
        for statement in _STATEMENTS:
            tx.exec_driver_sql(statement)
    store.close()
