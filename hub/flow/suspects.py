"""Suspects: messages that were in hand when the process ended without settling them, several times.

The queue counts that, but only over the life of a broker; the in-process broker ends with the
process, so there the starts are counted that found a message unhandled. A suspect is handled alone
between `begin` and `end`: whoever comes after a death in between finds the mark.
"""

from hub.ports import Incoming
from hub.rules.lone import SUSPECT_FROM, is_suspect
from hub.store import lone_tries
from hub.store.engine import Store


class Suspects:
    """Tells who is one and keeps the marks. Belongs to one thread."""

    def __init__(self, store: Store, *, counted: bool) -> None:
        self._store = store
        self._counted = counted
        """Whether the broker's counts outlive this process."""
        self._found: set[str] = set()

    def look(self) -> None:
        """Learn at the start who was found unhandled by several starts."""
        if self._counted:
            return
        with self._store.read() as tx:
            self._found = lone_tries.found(tx, times=SUSPECT_FROM)

    def has(self, incoming: Incoming) -> bool:
        """Tell whether a message has to be handled alone."""
        return is_suspect(incoming.delivery_count) or incoming.message_id in self._found

    def deaths(self, id: str) -> int:
        """Return how many tries of a message alone did not end."""
        with self._store.read() as tx:
            return lone_tries.begun(tx, id)

    def begin(self, id: str, number: int) -> None:
        """Mark that a message is now tried alone, for the `number`-th time without an end."""
        with self._store.write() as tx:
            lone_tries.begin(tx, id, number=number)

    def end(self, id: str) -> None:
        """Take the mark away: whatever came of it, the process lives."""
        with self._store.write() as tx:
            lone_tries.end(tx, id)
        self._found.discard(id)
