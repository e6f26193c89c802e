"""Tells the relay of another process, through PostgreSQL, that the outbox has new rows.

Not in the transaction that puts them there: PostgreSQL lets commits that notify through one after
the other, each with its sync of the disk, so two processes of a role would wait for each other. So
a thread notifies after the commit, on a line of its own, and once for all commits of `APART`.
Only quickness depends on it: what is not told (this process ends, or the line is away) the relay
finds when it looks by itself.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from hub.rules.failures.error_summary import describe_error
from hub.store.statements.compiled import Compiled

CHANNEL = "hub_outbox"
"""On which the relay listens, see `outbox_listener`."""
APART = 0.005
"""Seconds between two notifications at least."""
AGAIN_AFTER = 1.0
"""Seconds without notifying after one that failed."""
STOP_WITHIN = 3.0
_NOTIFY = Compiled(sa.text(f"NOTIFY {CHANNEL}"))


class Notifier:
    """One a store; `notify` may be called by any thread and does not wait."""

    def __init__(self, connect: Callable[[], AbstractContextManager[sa.Connection]]) -> None:
        """`connect` gives a connection on which each statement commits by itself."""
        self._connect = connect
        self._changed = threading.Condition()
        self._wanted = False
        self._closing = False
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Have the relay told of what was committed until now."""
        with self._changed:
            self._wanted = True
            if self._thread is None and not self._closing:
                self._thread = self._started()
            self._changed.notify_all()

    def _started(self) -> threading.Thread | None:
        """Start the thread; None where the system gives none now: the next commit tries again."""
        thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # raised, it would make a commit that stands look failed
            _log_lost(error)
            return None
        return thread

    def close(self) -> None:
        """Tell what is still to be told and end; a line that does not answer is not waited for."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while self._is_wanted():
            pause = APART if self._send() else AGAIN_AFTER
            with self._changed:
                self._changed.wait_for(lambda: self._closing, pause)

    def _is_wanted(self) -> bool:
        """Wait until there is something to tell; False when nothing is and nothing will be."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted or self._closing)
            wanted, self._wanted = self._wanted, False
            return wanted

    def _send(self) -> bool:
        try:
            with self._connect() as connection:
                _NOTIFY.run(connection)
        except Exception as error:  # also what no database says: the thread must not end
            _log_lost(error)
            return False
        return True


def _log_lost(error: BaseException) -> None:
    # Loaded where it is needed: a command that only reads the store logs nothing.
    from hub.runtime.telemetry import Event, log

    log.info(Event.OUTBOX_LISTENER_LOST, error=describe_error(error))
