"""Measures and evaluates once a minute, and wakes the role that sends.

A lost database is reported, too.

While the database is away nothing can be stored in it, so that incident is kept in a file of this
machine (`file_book`). All others stand still meanwhile: nothing starts or ends unseen.
"""

import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hub.operations.alerts.evaluating import Evaluating, together
from hub.operations.alerts.file_book import FileBook
from hub.ports import Clock
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import is_away


class Measuring(Protocol):
    """Measures some signals; changes nothing."""

    def measure(self, now: datetime) -> Observed:
        """Return the samples of now. May raise what the store raises when it is away."""


class AlertWatching(Role):
    """Evaluates every signal of this installation."""

    name = "alerts.watching"
    patience = 300.0

    def __init__(
        self,
        evaluating: Evaluating,
        measures: Sequence[Measuring],
        outside: FileBook,
        *,
        clock: Clock,
        every: timedelta,
        on_message: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self.evaluating = evaluating
        self.measures = measures
        self.outside = outside
        self.clock = clock
        self.every = every
        self.on_message = on_message

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            self.run_once()
            self.wakeup.wait(self.every.total_seconds())

    def run_once(self) -> int:
        """Look once; return how many messages were stored."""
        count, lost = 0, False
        try:
            now = self.clock()
            observed = together([it.measure(now) for it in self.measures])
            count = self.evaluating.evaluate(observed, now)
        except Exception as error:
            if not is_away(error):
                raise
            lost = True
            log.error(Event.STORE_LOST, role=self.name, error=describe_error(error))
        self._check_outside(lost)
        if count:
            self.on_message()
        return count

    def _check_outside(self, lost: bool) -> None:
        sample = Measurement(signal="database_lost", subject=socket.gethostname(), value=lost)
        try:
            self.outside.check(Observed(frozenset({"database_lost"}), [sample]))
        except OSError as error:  # the disk is full: the database's own rule tells that
            log.error(Event.ALERT_FAILED, where=self.name, error=describe_error(error))
