"""The heartbeat: writes every few seconds that this process is there, and which roles do not work.

It is what `hub health` reads: a process that was killed, that hangs, that cannot write to the store
or whose role crashes again and again has no good row. It asks nobody but its own roles.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from hub.ports import Clock
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, StoreUnavailable, is_away
from hub.store.monitoring import heartbeats

EVERY = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(days=1)


def own_process() -> str:
    """Return the name under which this process beats."""
    return f"{socket.gethostname()}/{os.getpid()}"


class Heartbeat(Role):
    """Beats for the roles of this process."""

    name = "heartbeat"
    patience = heartbeats.SILENT_AT_MOST.total_seconds()

    def __init__(self, store: Store, roles: Sequence[Role], *, names: str, clock: Clock) -> None:
        super().__init__()
        self.store = store
        self.roles = roles
        self.names = names
        """The roles as the settings name them, with commas."""
        self.clock = clock
        self.host = socket.gethostname()
        self.process = own_process()
        self._started = clock()

    def run(self) -> None:
        with _store_may_be_away(), self.store.write() as tx:
            heartbeats.forget_old(tx, self.clock() - FORGOTTEN_AFTER)
        while not self.stopping.is_set():
            with _store_may_be_away():
                self.once()
                self.beat()
            self.wakeup.wait(EVERY.total_seconds())

    def once(self) -> None:
        """Write one beat."""
        wrong = [f"{role.name}: {role.trouble}" for role in self.roles if role.trouble]
        if self.store.trouble:
            wrong.append(f"store: {self.store.trouble}")
        with self.store.write() as tx:
            heartbeats.beat(
                tx,
                self.process,
                host=self.host,
                roles=self.names,
                started_at=self._started,
                now=self.clock(),
                troubles="; ".join(wrong),
            )

    def record_preflight(self, findings: str) -> None:
        """Keep what the preflight of this process found."""
        with _store_may_be_away():
            self.once()
        with _store_may_be_away(), self.store.write() as tx:
            heartbeats.record_preflight(tx, self.process, now=self.clock(), findings=findings)

    def stop(self) -> None:
        """End, and take the row away: who stopped in good order is not missed."""
        super().stop()
        try:
            with self.store.write() as tx:
                heartbeats.forget(tx, self.process)
        except StoreUnavailable as error:  # whatever it is: what is left has to be closed
            log.error(Event.STORE_LOST, role=self.name, error=describe_error(error))


@contextmanager
def _store_may_be_away() -> Iterator[None]:
    """Let a beat be missed: that is how others see that the store is away."""
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
