"""The store of a simulated process: the real one, which a dead process cannot use any more.

A trigger in the simulated database refuses every move of a delivery that the state table does not
have, and counts the moves. A table counts how often each message was handled.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.rules.deliveries.states import MOVES
from hub.store.engine.store import NEW_ROWS, Store, Tx
from tests.support.database.stores import empty_store


class Crash(BaseException):
    """The process ends here: nothing after this line happens in it."""


class ProcessStore(Store):
    """Refuses its process when that is dead."""

    is_dead: Callable[[], bool] = staticmethod(lambda: False)
    written: Callable[[bool], None] = staticmethod(lambda _new_rows: None)
    """Is told of each write, and whether it put rows into the outbox."""

    @contextmanager
    def write(self, *, long: bool = False) -> Iterator[Tx]:
        """As `Store.write`."""
        self._require_life()
        new_rows = True
        try:
            with super().write(long=long) as tx:
                yield tx
                new_rows = tx.info.pop(NEW_ROWS, False)
        finally:
            self.written(new_rows)

    @contextmanager
    def write_one(self) -> Iterator[Tx]:
        """As `Store.write_one`."""
        self._require_life()
        try:
            with super().write_one() as tx:
                yield tx
        finally:
            self.written(False)

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
_HANDLED = (
    "CREATE TABLE sim_handled (message_id TEXT PRIMARY KEY, times INTEGER)",
    "CREATE INDEX sim_repeated ON sim_handled (times) WHERE times > 1",
)
_TOUCHED = (
    "CREATE TABLE sim_touched (seq INTEGER PRIMARY KEY, id INTEGER)",
    *(
        f"CREATE TRIGGER sim_touched_{event} AFTER {event} ON deliveries "
        "BEGIN INSERT INTO sim_touched (id) VALUES (NEW.id); END"
        for event in ("insert", "update")
    ),
)
"""Deliveries in the order in which they were written: only these are looked at after a write."""


def _balanced(event: str, table: str, row: str, state: str, change: str) -> str:
    """Return the trigger that adds a row's share to the balance of its destination and state."""
    name = f"sim_{table}_{event}_{row}_{state.strip(chr(39)).replace('.', '_')}"
    return f"""
CREATE TRIGGER {name} AFTER {event} ON {table}
BEGIN
    INSERT INTO sim_balance VALUES ({row}.destination, {state}, {change})
    ON CONFLICT DO UPDATE SET off = off + excluded.off;
END
"""


def _kept(table: str, column: str) -> Iterator[str]:
    """Yield the triggers of a table of kept counts."""
    yield _balanced("INSERT", table, "NEW", "NEW.state", f"NEW.{column}")
    yield _balanced("DELETE", table, "OLD", "OLD.state", f"-OLD.{column}")
    yield _balanced("UPDATE", table, "NEW", "NEW.state", f"NEW.{column}")
    yield _balanced("UPDATE", table, "OLD", "OLD.state", f"-OLD.{column}")


def _rows() -> Iterator[str]:
    """Yield the triggers of the rows that are counted: each is accepted, and in one state."""
    for state in ("accepted", "in"):
        place = "'accepted'" if state == "accepted" else "NEW.state"
        yield _balanced("INSERT", "deliveries", "NEW", place, "-1")
        yield _balanced("DELETE", "deliveries", "OLD", place.replace("NEW", "OLD"), "1")
    yield _balanced("UPDATE OF state", "deliveries", "NEW", "NEW.state", "-1").replace(
        "sim_deliveries_UPDATE OF state", "sim_deliveries_to"
    )
    yield _balanced("UPDATE OF state", "deliveries", "OLD", "OLD.state", "1").replace(
        "sim_deliveries_UPDATE OF state", "sim_deliveries_from"
    )


_BALANCE = (
    "CREATE TABLE sim_balance (destination TEXT, state TEXT, off INTEGER, "
    "PRIMARY KEY (destination, state))",
    *_rows(),
    *_kept("delivery_counts", "count"),
    *_kept("delivery_count_changes", "change"),
)
"""Kept counts less the rows that they count, kept up write by write: nothing is off."""
_STATEMENTS = (_COUNTS, _LEGAL, _MOVED, *_HANDLED, *_TOUCHED, *_BALANCE)


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
        for statement in _STATEMENTS:
            tx.exec_driver_sql(statement)
    store.close()
