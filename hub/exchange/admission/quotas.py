"""Quotas of one destination, counted over the store while deliveries are claimed.

The count and the claim are one transaction with a lock, so a quota holds for all processes
together. Queries (reconcile) are counted and not held back; logins and pings are not counted.
Without a quota in force the store is not read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.exchange.admission.circuits import Circuits
from hub.ports import Incoming
from hub.rules.calls import call_limits
from hub.rules.calls.call_limits import Quota
from hub.store.deliveries import pauses
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Tx

SOON = timedelta(seconds=1)


class Quotas:
    """Belongs to the thread of one Deliver."""

    def __init__(self, circuits: Circuits) -> None:
        self.circuits = circuits
        self._above = 0
        self._made: list[tuple[Quota, list[datetime], bool]] = []

    def in_force(self, now: datetime) -> bool:
        """Tell whether any quota holds now."""
        return bool(call_limits.quotas(self.circuits.limits, self.circuits.destination, at=now))

    def cut(self, tx: Tx, ids: list[int], work: Mapping[int, Incoming], now: datetime) -> list[int]:
        """Return those of `ids` that every quota has room for, in order."""
        to = self.circuits.destination
        self._made = []
        for quota in call_limits.quotas(self.circuits.limits, to, at=now) if ids else ():
            since = now - call_limits.HOUR
            made, self._above = pauses.calls_since(
                tx, to, quota.operation, since=since, now=now, above=self._above
            )
            left = call_limits.left(quota, made, at=now)
            concerned = [id for id in ids if quota.concerns(to, work[id].type)]
            over = set(concerned[left:])
            self._made.append((quota, made, bool(over)))
            ids = [id for id in ids if id not in over]
        return ids

    def report_used(
        self, claims: Sequence[Claimed], work: Mapping[int, Incoming], now: datetime
    ) -> None:
        """After the claim: report to the circuits which quotas are used up by now."""
        for quota, made, cut in self._made:
            to = self.circuits.destination
            mine = sum(quota.concerns(to, work[claim.id].type) for claim in claims)
            calls = [*made, *([now] * mine)]
            if not call_limits.left(quota, calls, at=now):
                until = call_limits.free_at(quota, calls, at=now)
                self.circuits.exhausted(quota, until=until, now=now)
            elif cut:
                # Some of those that were let through had nothing to be sent: the others may come.
                self.circuits.exhausted(quota, until=now + SOON, now=now)
        self._made = []
