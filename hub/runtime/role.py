"""The life of a long-running part: start, wake, stop, and being started again after a crash.

A role does its work in `run`, which returns when `stop` is set. A crash is logged with its cause
and the role runs again after a short pause; the store decides what is left to do, so running again
is always safe. Stop tolerates being called twice or before start. A role that works in iterations
beats once in each, so that a role that stands still differs from one that has nothing to do.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log


class Wakeup:
    """Wakes one waiting thread; a wake while nobody waits is remembered."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wake(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait to be woken, at most `seconds`; return whether it was."""
        woken = self._event.wait(seconds)
        self._event.clear()
        return woken


CRASHED_LATELY = 30.0
"""Seconds for which a role that crashed and runs again counts as in trouble."""


class Role(ABC):
    """One thread with a purpose."""

    name: str
    crash_pause = 0.5
    """Seconds between a crash and the next run."""
    stop_within = 15.0
    """Seconds that `stop` waits: as long as what the role has in hand may take."""
    last_word_within = 5.0
    """Seconds that `stop` gives to `last_word`; the store may be away."""
    stops_last = False
    """Whether it writes down what other roles count, and so stops when they have ended."""
    patience: float | None = None
    """Longest time in seconds between two beats; None for a role that does not beat."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.wakeup = Wakeup()
        self._thread: threading.Thread | None = None
        self.beaten = time.monotonic()
        """By `time.monotonic`: when a turn of the work was last done."""
        self._crashed: tuple[float, str] | None = None
        self._stop_requested_at: float | None = None

    @abstractmethod
    def run(self) -> None:
        """Work until `stopping` is set."""

    def beat(self) -> None:
        """Say that an iteration of the work has been done."""
        self.beaten = time.monotonic()

    @property
    def thread(self) -> threading.Thread | None:
        """The thread that works, None before `start` and after `stop`."""
        return self._thread

    @property
    def served_at(self) -> list[tuple[str, int]]:
        """Hosts and ports at which it serves HTTP to others."""
        return []

    @property
    def trouble(self) -> str:
        """Why the role does not work now, "" when it does or was told to stop."""
        if self.stopping.is_set():
            return ""
        if self._thread is None or not self._thread.is_alive():
            return "its thread has ended"
        now = time.monotonic()
        if self._crashed is not None and now - self._crashed[0] < CRASHED_LATELY:
            return f"it crashed: {self._crashed[1]}"
        silent = now - self.beaten
        if self.patience is not None and silent > self.patience:
            return f"no progress for {silent:.0f} s"
        return ""

    def start(self) -> None:
        """Start the thread; a second start is ignored."""
        if self._thread is None:
            self.beat()
            self._thread = threading.Thread(target=self._supervise, name=self.name, daemon=True)
            self._thread.start()

    def request_stop(self) -> None:
        """Ask the role to end; returns at once."""
        if self._stop_requested_at is None:
            self._stop_requested_at = time.monotonic()
        self.stopping.set()
        self.wakeup.wake()

    def stop(self) -> None:
        """Ask the role to end and wait for it, at most `stop_within` from the first request on.

        So several roles that were all asked first do not add their times up.
        """
        self.request_stop()
        if self._thread is not None:
            requested = self._stop_requested_at or time.monotonic()
            self._thread.join(max(0.0, requested + self.stop_within - time.monotonic()))
            if self._thread.is_alive():
                log.error(Event.STOP_OVERDUE, role=self.name)
                last = threading.Thread(target=self.last_word, daemon=True)
                last.start()
                last.join(self.last_word_within)
            self._thread = None

    def last_word(self) -> None:  # noqa: B027 - most roles leave nothing
        """Write down what the stop ends unfinished; called where the work outlasts it."""

    def finish(self) -> None:  # noqa: B027 - most roles leave nothing
        """Write down what is only in memory. Called once, in the role's thread, when it ends.

        A stop may come before the first run, or after a crash: `run` cannot promise this. A role
        that outlasts its stop is asked for its `last_word` first.
        """

    def _supervise(self) -> None:
        log.info(Event.ROLE_STARTED, role=self.name)
        while not self.stopping.is_set():
            try:
                self.run()
            except Exception as error:
                self._crashed = time.monotonic(), type(error).__name__
                log.error(Event.ROLE_CRASHED, role=self.name, error=describe_error(error))
                self.stopping.wait(self.crash_pause)
        try:
            self.finish()
        except Exception as error:
            log.error(Event.ROLE_CRASHED, role=self.name, error=describe_error(error))
        log.info(Event.ROLE_STOPPED, role=self.name)


def stop_all(roles: Sequence[Role]) -> None:
    """Stop roles in their order.

    All are asked first: partners that are slow to answer are waited for together. Those that write
    down what others count are asked when the others have ended.
    """
    for is_last in (False, True):
        together = [role for role in roles if role.stops_last is is_last]
        for role in together:
            role.request_stop()
        for role in together:
            role.stop()
