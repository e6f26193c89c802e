"""Suspects: messages that were in hand when the process ended without settling them, several times.

The queue counts that, but only over the life of a broker; the in-process broker ends with the
process, so there the starts are counted that found a message unhandled. A suspect is processed
alone. `begin` writes a marker and `end` removes it, so a marker found at start-up means that the
previous process crashed in between. A clean shutdown removes the marker, or leaves a file if the
database is unavailable.
"""

from hashlib import sha256
from pathlib import Path

from hub.exchange.records_queue.shutdown_markers import ShutdownMarkers
from hub.ports import Incoming
from hub.rules.poison import ISOLATE_FROM, is_suspect
from hub.store.engine.store import Store
from hub.store.messages import isolated_attempts


class PoisonGuard:
    """Tells who is one and keeps the marks. Belongs to one thread, except for `withdraw`."""

    def __init__(self, store: Store, *, counted: bool, notes: Path | None = None) -> None:
        """`notes`: the folder for notes of stops; without it none are left."""
        self._store = store
        self._counted = counted
        """Whether the broker's counts outlive this process."""
        self._notes = ShutdownMarkers(notes)
        self._found: set[str] = set()
        self._open: tuple[str, int] | None = None
        """The mark that stands now, and its number."""

    def load(self) -> None:
        """Learn at the start who was found unhandled by several starts."""
        if self._counted:
            return
        with self._store.read() as tx:
            self._found = isolated_attempts.found(tx, times=ISOLATE_FROM)

    def is_suspect(self, incoming: Incoming) -> bool:
        """Tell whether a message has to be handled alone."""
        return is_suspect(incoming.delivery_count) or incoming.message_id in self._found

    def deaths(self, key: str) -> int:
        """Return how many tries of a message alone did not end, and not by a known stop."""
        with self._store.read() as tx:
            begun = isolated_attempts.begun(tx, key)
        return begun - 1 if begun and self._notes.says(key, begun) else begun

    def begin_isolated(self, key: str, number: int) -> None:
        """Mark that a message is now tried alone, for the `number`-th time without an end."""
        self._open = key, number
        with self._store.write() as tx:
            isolated_attempts.begin(tx, key, number=number)
        self._notes.forget(key)

    def end_isolated(self) -> None:
        """Take the mark away, if there is one: whatever came of it, the process lives."""
        if self._open is None:
            return
        key, _ = self._open
        with self._store.write() as tx:
            isolated_attempts.end(tx, key)
        self._found.discard(key)
        self._open = None

    def withdraw(self) -> None:
        """Let the try under way count as not begun: a stop ends it, and no death. Any thread.

        A note is left before the store is told, because the store may be what is away.
        """
        if self._open is None:
            return
        key, number = self._open
        self._notes.leave(key, number)
        with self._store.write() as tx:
            isolated_attempts.withdraw(tx, key, number=number)
        self._notes.forget(key)

    def withdraw_unfinished(self) -> None:
        """Withdraw a try that ended without a result, if one is under way."""
        try:
            self.withdraw()
        finally:
            self._open = None


def key_of(incoming: Incoming) -> str:
    """Return what marks of a message go by: the id of the queue message, or what it says.

    Without an id, what others have published would share one mark.
    """
    return incoming.message_id or f"sha256:{sha256(incoming.body).hexdigest()}"
