"""Writes down once an hour how much of the disk is used, so that the doctor can tell the rate."""

import shutil
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hub.records.deadlines.calendar import local
from hub.store.archive.pages import free_pages
from hub.store.engine.store import Store
from hub.store.monitoring import disk_samples

EVERY = timedelta(hours=1)


@dataclass(kw_only=True)
class DiskSampling:
    """Samples the disk on which `place` is, at most once an hour. The timer calls it each sweep."""

    store: Store
    place: Path
    _last: datetime | None = field(default=None, init=False)

    def sample(self, now: datetime) -> bool:
        """Take a sample, once an hour; tell whether one was taken."""
        if self._last is not None and abs(now - self._last) < EVERY:
            return False
        self._last = now
        used, database = shutil.disk_usage(self.place).used, free_pages.room(self.store).size
        host, day = socket.gethostname(), local(now).date()
        with self.store.write() as tx:
            disk_samples.record(tx, host=host, day=day, used=used, database=database)
        return True
