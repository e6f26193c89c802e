"""Every five minutes a sample of the groups of failures, for their trends.

What is counted waits for a person, so it is little, however much was delivered.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.operations.failures.groups import MOST, merged
from hub.rules.users.scope import ALL
from hub.store.console import groups
from hub.store.engine.store import Store
from hub.store.monitoring import failure_samples
from hub.store.monitoring.failure_samples import EVERY

_SLACK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class FailureSampling:
    """Keeps what trends are made of."""

    store: Store

    def sample(self, now: datetime) -> None:
        """Keep a sample, unless one was kept within five minutes.

        A group that is gone gets one row of zero, so that its trend ends at nothing.
        """
        with self.store.read() as tx:
            before = failure_samples.newest(tx)
            # A clock that was ahead leaves a sample in the future: it must not stop all others.
            if before is not None and timedelta() <= now - before < EVERY - _SLACK:
                return
            found = merged(groups.needing_attention(tx, ALL, limit=MOST))
            gone = failure_samples.groups_at(tx, before) - found.keys() if before else set()
        counts = {key: sum(row.count for row in rows) for key, rows in found.items()}
        if counts or gone:
            with self.store.write() as tx:
                failure_samples.record(tx, counts | dict.fromkeys(gone, 0), now=now)
