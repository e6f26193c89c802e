"""The life of a long-running part: start, wake, stop, and being started again after a crash.

A role does its work in `run`, which returns when `stop` is set. A crash is logged with its cause
and the role runs again after a short pause; the store decides what is left to do, so running again
is always safe. Stop tolerates being called twice or before start.
"""

import threading
from abc import ABC, abstractmethod

from hub.rules.causes import cause_of
from hub.telemetry import Event, log


class Bell:
    """Wakes one waiting thread; rings while nobody waits are remembered."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most `seconds`; tell whether it rang."""
        rang = self._event.wait(seconds)
        self._event.clear()
        return rang


class Role(ABC):
    """One thread with a purpose."""

    name: str
    crash_pause = 0.5
    """Seconds between a crash and the next run."""
    stop_within = 15.0
    """Seconds that `stop` waits: as long as what the role has in hand may take."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.bell = Bell()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def run(self) -> None:
        """Work until `stopping` is set."""

    def start(self) -> None:
        """Start the thread; a second start is ignored."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._supervise, name=self.name, daemon=True)
            self._thread.start()

    def request_stop(self) -> None:
        """Ask the role to end; returns at once."""
        self.stopping.set()
        self.bell.ring()

    def stop(self) -> None:
        """Ask the role to end and wait for it, at most `stop_within`."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(self.stop_within)
            if self._thread.is_alive():
                log.error(Event.STOP_OVERDUE, role=self.name)
            self._thread = None

    def _supervise(self) -> None:
        log.info(Event.ROLE_STARTED, role=self.name)
        while not self.stopping.is_set():
            try:
                self.run()
            except Exception as error:
                log.error(Event.ROLE_CRASHED, role=self.name, error=cause_of(error))
                self.stopping.wait(self.crash_pause)
        log.info(Event.ROLE_STOPPED, role=self.name)
