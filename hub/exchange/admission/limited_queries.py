"""A destination whose queries keep to the windows and quotas of its partner.

For what queries a partner beside deliveries: replay plans, comparisons, a person's replay. While
the partner is closed nothing is queried. At other times queries use at most half of a quota: the
other half is kept for what has to arrive. Beyond that `find` raises NotAttempted. Which operation a
partner counts a query for is not known, so it counts for every quota of the partner. The queries of
reconcile are counted by their attempts.
"""

import math
from datetime import datetime, timedelta

from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Answer, Clock, Destination, Question, Receipt, Request
from hub.rules.calls import call_limits
from hub.rules.calls.call_limits import CallLimits
from hub.rules.failures.errors import NotAttempted
from hub.store.deliveries import partner_queries, pauses
from hub.store.engine.store import Store


class LimitedQueries:
    """Asks as the destination does; without a quota in force the store is not read."""

    def __init__(
        self, destination: Destination, store: Store, limits: CallLimits, *, clock: Clock
    ) -> None:
        self.name, self.traits = destination.name, destination.traits
        self._destination, self._store = destination, store
        self._limits, self._clock = limits.of(destination.name), clock
        self._above = 0

    def find(self, request: Request) -> Answer:
        """Ask as `Destination.find` does. Raises NotAttempted where the partner is closed, or its
        quotas have no room."""
        now = self._clock()
        if closed := call_limits.closed_window(self._limits, self.name, "", at=now):
            raise NotAttempted("partner_paused", f"closed until {closed.until:%Y-%m-%d %H:%M%z}")
        self._count(now)
        return self._destination.find(request)

    def _count(self, now: datetime) -> None:
        in_force = call_limits.quotas(self._limits, self.name, at=now)
        if not in_force:
            return
        since = now - call_limits.HOUR
        with self._store.write() as tx:
            for quota in in_force:
                made, self._above = pauses.calls_since(
                    tx, self.name, quota.operation, since=since, now=now, above=self._above
                )
                kept = quota.calls - quota.calls // 2  # of an odd number the larger half
                if call_limits.left(quota, made, at=now) <= kept:
                    raise NotAttempted("partner_paused", "the rest of the quota is for deliveries")
            partner_queries.add(tx, self.name, now=now, since=since)

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the request for `message`."""
        return self._destination.prepare(message, payload)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Make the call."""
        return self._destination.send(request, not_after=not_after)

    def question(self, request: Request) -> Question:
        """Return what `find` asks about `request`."""
        return self._destination.question(request)

    def ping(self) -> timedelta | None:
        """Check that the partner answers."""
        return self._destination.ping()

    def close(self) -> None:
        """Give back connections."""
        self._destination.close()
