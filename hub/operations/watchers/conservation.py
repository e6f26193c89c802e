"""Keeps the balance of deliveries quick to answer, and checks it a page at a time.

The timer calls `check` at each sweep. It folds what was counted since the last one, and compares
the next page of deliveries with the journal; a page with a fault is looked at again each time, and
reported each time, until it is repaired. Two timers do no harm: one folds, and a page that is
checked twice is only checked twice.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.runtime.telemetry import Event, log
from hub.store.conservation import counts, imbalance
from hub.store.engine.store import Store
from hub.store.schema.tables.conservation import IDS

FOLDS = 20
"""Transactions of one sweep; what is left waits for the next one, and is counted all the same."""
BATCH = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """Keeps no state: how far the check has come stands in the store."""

    store: Store

    def check(self, now: datetime) -> int:
        """Fold and check; return how many faults were found."""
        self._fold()
        with self.store.read() as tx:
            after = imbalance.checked(tx).delivery_id
            upto = imbalance.next_page(tx, after, now=now)
            wrong = imbalance.page(tx, after=after, upto=upto)
        if wrong:
            first = wrong[0]
            log.error(
                Event.BALANCE_WRONG,
                destination=first.destination,
                detail=f"{first.what} {first.id}",
                count=len(wrong),
            )
        elif upto > after:
            with self.store.write() as tx:
                imbalance.record_checked(tx, IDS, upto, now)
        return len(wrong)

    def _fold(self) -> None:
        with self.store.read() as tx:
            if not counts.has_changes(tx):
                return
        for _ in range(FOLDS):
            with self.store.write() as tx:
                if counts.fold(tx, limit=BATCH) < BATCH:
                    return
