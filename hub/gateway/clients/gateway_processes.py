"""How many processes of the gateway work now, and which share of a client's limit is this one's.

The heartbeats of the others say so. They are read before the first call, and then every few seconds
beside the calls, only while a client with a limit calls. So a process that starts takes its share
at once, and the others make room for it when they have read its first heartbeat. Until then, and
while the store does not answer, all together may work on more than the limit. A process that ended
in good order counts no longer at once, one that was killed for as long as a silent process may
still be there. On SQLite there is one process and nothing to read.
"""

import asyncio
from datetime import datetime, timedelta

from fastapi.concurrency import run_in_threadpool

from hub.ports import Clock
from hub.runtime.process.heartbeat import own_process
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.monitoring import heartbeats

ROLE = "gateway"
READ_EACH = timedelta(seconds=5)
READ_AGAIN = timedelta(seconds=0.5)
"""After a reading that failed."""


class GatewayProcesses:
    """Used on the event loop of one process."""

    def __init__(self, store: Store, *, clock: Clock, own: str = "") -> None:
        """`own`: this process in the heartbeats, where it is not this one of the system."""
        self._store = store
        self._clock = clock
        self._own = own or own_process()
        self._count = 1
        self._read_at: datetime | None = None
        self._next_after = READ_EACH
        self._reading: asyncio.Task[None] | None = None

    def share(self, most: int) -> int:
        """Return how many of `most` calls at once this process may work on, one at least."""
        self._refresh()
        return max(1, most // self._count)

    async def begin(self) -> None:
        """Count the processes before this one takes calls."""
        if self._store.name != "sqlite":
            await self.read()

    async def read(self) -> None:
        """Count the processes; while the store is away the count stays as it was."""
        self._next_after = READ_AGAIN
        try:
            self._count = await run_in_threadpool(self._counted)
            self._next_after = READ_EACH
        except StoreUnavailable:
            return
        finally:
            self._read_at = self._clock()

    def _refresh(self) -> None:
        if self._store.name == "sqlite" or (self._reading and not self._reading.done()):
            return
        now = self._clock()
        if self._read_at is None or not timedelta() <= now - self._read_at < self._next_after:
            self._reading = asyncio.get_running_loop().create_task(self.read())

    def _counted(self) -> int:
        since = self._clock() - heartbeats.SILENT_AT_MOST
        with self._store.read() as tx:
            return 1 + heartbeats.count_others(tx, self._own, role=ROLE, since=since)
