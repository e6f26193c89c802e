"""The outbox listener: PostgreSQL tells a relay what other processes have put into the outbox.

Only quickness depends on it. The relay looks by itself too, so a line that is away, and a notice
that is lost with it, cost a fraction of a second and nothing else.
"""

import threading
import time
from collections.abc import Callable
from typing import cast

import psycopg
import sqlalchemy as sa

from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log
from hub.store.engine.notifier import CHANNEL
from hub.store.engine.store import Store

AGAIN_AFTER = 1.0
"""Seconds before a line that broke is made anew."""
POLL_EVERY = 5.0
STOP_WITHIN = 3.0
LISTEN_FOR = 1.0
"""Seconds after which it looks whether it is to stop."""


class OutboxListener:
    """Listens on a line of its own, in a thread of its own, from `start` to `stop`."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End; a line that does not answer is not waited for long."""
        self._stopping.set()
        self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
                log.info(Event.OUTBOX_LISTENER_LOST, error=describe_error(error))
                self._stopping.wait(AGAIN_AFTER)

    def _listen(self) -> None:
        borrowed = self._store.engine.raw_connection()
        line = cast("psycopg.Connection[object]", borrowed.driver_connection)
        borrowed.detach()  # it stays out of the pool: what it listens to must not go back there
        with line:
            line.autocommit = True
            line.execute(f"LISTEN {CHANNEL}")
            self._wake()  # for what came while nobody listened
            checked = time.monotonic()
            while not self._stopping.is_set():
                for _ in line.notifies(timeout=LISTEN_FOR, stop_after=1):
                    self._wake()
                if time.monotonic() - checked > POLL_EVERY:
                    # Who only listens never learns that the line is dead; who asks is watched.
                    line.execute("SELECT 1")
                    checked = time.monotonic()
                    self._wake()  # for what came together with the answer
