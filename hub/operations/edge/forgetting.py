"""What of workstations has ended leaves the database: old spools, papers, returned numbers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.messages.local_time import LOCAL
from hub.operations.edge.enrolling import forget_old_numbers
from hub.store.edge import print_jobs, sequences
from hub.store.engine.store import Store

EVERY = timedelta(hours=1)


@dataclass(slots=True)
class EndedAtWorkstations:
    """Removes it once an hour; asked at each sweep of the timer."""

    store: Store
    _last: datetime | None = field(default=None, init=False)

    def remove(self, now: datetime) -> None:
        """Remove what is due."""
        if self._last is not None and timedelta() <= now - self._last < EVERY:
            return
        with self.store.write() as tx:
            sequences.forget_old(tx, now)
            print_jobs.forget_old(tx, now)
            forget_old_numbers(tx, now.astimezone(LOCAL).date())
        self._last = now
