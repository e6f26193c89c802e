"""Poison messages: those that were in hand when the process ended, several times.

The queue counts that, but only over the life of a broker; the in-process broker ends with the
process, so there the starts are counted that found a message unhandled. Such a message is handled
alone, with a mark in the store around it: a mark that is found at the next start says that the
process ended in between. After two such ends the message is parked unread (`hub/rules/poison.py`).
A stop is no crash: a process that has to leave a message without a result withdraws its mark, or
leaves a file where the store is away.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

from hub.exchange.isolation.shutdown_markers import ShutdownMarkers
from hub.ports import Incoming
from hub.rules.failures.error_summary import describe_error
from hub.rules.poison import ISOLATE_FROM, is_poison, is_possible_poison
from hub.runtime.role import Role
from hub.runtime.store_retry import AnswerT, retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.messages import isolated_attempts


class PoisonGuard:
    """Handles possible poison messages alone. Belongs to one thread, except for `withdraw`."""

    def __init__(
        self, role: Role, store: Store, *, counted: bool, markers: Path | None = None
    ) -> None:
        """`role` waits while the store is away; `markers`: the folder for shutdown markers."""
        self._role = role
        self._store = store
        self._counted = counted
        """Whether the broker's counts outlive this process."""
        self._markers = ShutdownMarkers(markers, "message")
        self._found: set[str] = set()
        self._open: tuple[str, int] | None = None
        """The mark that stands now, and its number."""

    def load(self) -> None:
        """Withdraw what a stop ended, and learn which messages several starts found unhandled."""
        left = self._markers.left()
        with self._store.read() as tx:
            left += self._markers.left_by_last_release(isolated_attempts.unended(tx))
        if left:
            with self._store.write() as tx:
                for marker in left:
                    isolated_attempts.withdraw(tx, marker.key, number=marker.number)
        for marker in left:
            marker.forget()
        if not self._counted:
            with self._store.read() as tx:
                self._found = isolated_attempts.found(tx, times=ISOLATE_FROM)

    def needs_isolation(self, incoming: Incoming) -> bool:
        """Tell whether a message has to be handled alone."""
        return is_possible_poison(incoming.delivery_count) or incoming.message_id in self._found

    def crashes(self, key: str) -> int:
        """Return how many tries of a message alone were begun and did not end."""
        with self._store.read() as tx:
            return isolated_attempts.begun(tx, key)

    def handle_alone(
        self, incoming: Incoming, handle: Callable[[], bool], *, give_up: Callable[[int], None]
    ) -> bool:
        """Handle a message alone, or park it after too many crashes; return whether it has an end.

        `handle` tells whether there is a result. Only the end of the process leaves the mark: what
        ends without a result in a process that lives has killed nothing.
        """
        key = key_of(incoming)
        crashes = self._retry(partial(self.crashes, key))
        if is_poison(crashes):
            self._retry(partial(give_up, crashes))
            return True
        try:
            # A stop may end this, too, with the mark stored and its commit unanswered.
            self._retry(partial(self._begin, key, crashes + 1))
            ended = handle()
            if ended:
                self.end()
        except Exception:
            self._withdraw_unfinished()
            raise
        if not ended:
            self._withdraw_unfinished()
        return ended

    def end(self) -> None:
        """Take the mark away, if there is one: whatever came of the message, the process lives."""
        if self._open is None:
            return
        key, _ = self._open
        self._retry(partial(self._end, key))
        self._found.discard(key)
        self._open = None

    def withdraw(self) -> None:
        """Let the try under way count as not begun: a stop ends it, and no crash. Any thread.

        The file comes before the store is told, because the store may be what is away.
        """
        if self._open is None:
            return
        key, number = self._open
        marker = self._markers.leave(key, number)
        try:
            with self._store.write() as tx:
                isolated_attempts.withdraw(tx, key, number=number)
            if marker is not None:
                marker.forget()
        except Exception as error:  # at a stop nothing waits for the store
            log.error(Event.STORE_LOST, role=self._role.name, error=describe_error(error))

    def _withdraw_unfinished(self) -> None:
        self.withdraw()
        self._open = None

    def _begin(self, key: str, number: int) -> None:
        self._open = key, number
        with self._store.write() as tx:
            isolated_attempts.begin(tx, key, number=number)

    def _end(self, key: str) -> None:
        with self._store.write() as tx:
            isolated_attempts.end(tx, key)

    def _retry(self, work: Callable[[], AnswerT]) -> AnswerT:
        return retry_while_unavailable(self._role, work)


def key_of(incoming: Incoming) -> str:
    """Return what marks of a message go by: the id of the queue message, or what it says.

    Without an id, what others have published would share one mark.
    """
    return incoming.message_id or f"sha256:{sha256(incoming.body).hexdigest()}"
