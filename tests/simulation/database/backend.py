"""What a story needs of its database, and the one that most stories have: SQLite in memory."""

from collections import Counter
from sqlite3 import Connection
from typing import Protocol

from tests.simulation.database.in_memory import of_this_process
from tests.simulation.database.observer import Observer, Reader
from tests.simulation.database.store import InMemoryStore, ProcessStore
from tests.simulation.promises.after_writes import AfterWrites


class Backend(Protocol):
    """A migrated database in which nothing has happened yet."""

    @property
    def names(self) -> tuple[str, ...]:
        """Processes that work on it together, at most."""

    @property
    def reader(self) -> Reader:
        """What reads what is committed."""

    def store(self) -> ProcessStore:
        """Return the database as a process uses it."""

    def check(self) -> None:
        """Check what must hold after every write; raises Broken."""

    def moves(self) -> Counter[tuple[str, str]]:
        """Return how often each move from state to state was made."""

    def close(self) -> None:
        """Give back what it holds."""


class InMemory:
    """The database that all stories of this process have in turn."""

    names = ("hub-1", "hub-2")

    def __init__(self) -> None:
        self._database = of_this_process()
        self._database.make_empty()
        self.reader = Observer(self._database)
        self._after_writes = AfterWrites(self.reader)
        self._checked = -1
        """Rows that were written at the last check."""

    def store(self) -> ProcessStore:
        """Return a store on its one connection."""
        return InMemoryStore(self._database)

    def check(self) -> None:
        """Check what was written since the last time; many writes write no row."""
        if self.reader.changes != self._checked:
            self._after_writes.check()
            self._checked = self.reader.changes

    def moves(self) -> Counter[tuple[str, str]]:
        """Read what its triggers counted."""
        rows = self.reader.rows("SELECT source, target, count FROM sim_moves")
        return Counter({(source, target): count for source, target, count in rows})

    def copy(self) -> Connection:
        """Return a copy of the database as it is now."""
        return self._database.copy()

    def put_back(self, copy: Connection) -> None:
        """Have an old copy in its place; all of that is checked anew."""
        self._database.put_back(copy)
        self.reader.forget()
        self._after_writes, self._checked = AfterWrites(self.reader), -1

    def close(self) -> None:
        """Keep it for the next story."""
