"""The database of an interleaved story: one of its own on a private PostgreSQL."""

from collections import Counter

from tests.simulation.interleaving.committed import Committed
from tests.simulation.interleaving.database import InterleavedStore, PostgresObserver


class PostgresBackend:
    """Implements `Backend`; a store of each process has connections of its own."""

    names = ("hub-1", "hub-2", "hub-3")

    def __init__(self, url: str) -> None:
        self._url = url
        self.reader = PostgresObserver(url)
        self._committed = Committed(self.reader)
        self.check = self._committed.check
        self.check_at_rest = self._committed.check_at_rest

    def store(self) -> InterleavedStore:
        """Return a store that has no boundaries yet."""
        return InterleavedStore(self._url)

    def moves(self) -> Counter[tuple[str, str]]:
        """Return what was noted of moves."""
        return self._committed.moves

    def close(self) -> None:
        """Give the connection back."""
        self.reader.close()
