"""Admission: what may go out to one destination now, decided in one place.

It stands in front of circuits, maintenance windows, quotas, pauses and priority; deliver knows none
of them. The loop asks for the `capacity` before it takes work from the queue. The claim asks which
deliveries `may_all_go`; if not all, it has them chosen by `claim_admitted` in its own transaction.
A claimed delivery holds a permit from `acquire` until `finished`, and `veto` has the last word
before the call. Circuits and windows are decided in memory (`circuits`), quotas over the store.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.exchange.admission.circuits import Capacity, Circuits, Permit
from hub.exchange.admission.pause_registry import PauseRegistry
from hub.exchange.admission.priority import Priority
from hub.exchange.admission.quotas import Quotas
from hub.ports import Incoming
from hub.rules.calls.call_limits import CallLimits
from hub.rules.calls.circuit import CircuitPolicy
from hub.rules.failures.errors import DeliveryFailure
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store, Tx

ClaimSome = Callable[[Sequence[int]], list[Claimed]]
"""Claims what is due of some deliveries, inside the transaction of the caller."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What came of the work that was asked for."""

    going: list[int]
    """Deliveries that may go now, in order."""
    claims: list[Claimed]
    """Those of them that were due and are claimed."""
    aside: bool = False
    """Whether others were set aside until their pause ends."""


class Admission:
    """One destination's. `acquire`, `veto` and `finished` may be called by any thread; the rest
    belongs to the thread of its Deliver."""

    def __init__(
        self,
        store: Store,
        destination: str,
        operations: Sequence[str],
        policy: CircuitPolicy,
        *,
        draw: random.Random,
        limits: CallLimits | None = None,
        longest_call: timedelta = timedelta(seconds=35),
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.circuits = Circuits(
            destination, operations, policy, limits=limits, longest_call=longest_call, draw=draw
        )
        self.pauses = PauseRegistry(store, self.circuits, on_commit=on_commit)
        self.quotas = Quotas(self.circuits)
        self.priority = Priority(store, destination, on_commit=on_commit)

    def adopt(self, now: datetime) -> None:
        """Go on from what an earlier process of the role left; quotas are counted anew."""
        self.pauses.adopt(now)
        self.circuits.forget_quotas()

    def capacity(self, now: datetime) -> Capacity:
        """Return how much may be taken from the queue; publish pauses and resume what may go."""
        self.pauses.update(now)
        return self.circuits.capacity(now)

    def due_first(self, work: dict[int, Incoming], now: datetime) -> dict[int, Incoming]:
        """Return the work (by delivery) with what is due soon in the place of what is due later.

        For a batch behind which more waits.
        """
        return self.priority.first(work, now)

    def read_persons(self, now: datetime) -> None:
        """Have in force what persons paused while the loop waited; reads once a second at most."""
        self.pauses.read_persons(now)

    def may_all_go(self, work: Mapping[int, Incoming], now: datetime) -> bool:
        """Tell whether nothing of the work has to be held back. Reads no store."""
        return all(self._permits(work, now)) and not self.quotas.in_force(now)

    def claim_admitted(
        self, tx: Tx, work: Mapping[int, Incoming], now: datetime, *, claim: ClaimSome
    ) -> Admitted:
        """Have `claim` take of the work what may go now, and set the rest aside.

        In the transaction of the claim: quotas are counted there, so that they hold for all
        processes together.
        """
        permitted = self._permits(work, now)
        going = [id for id, permit in zip(work, permitted, strict=True) if permit]
        going = self.quotas.cut(tx, going, work, now)
        aside = {id: work[id].type for id in work.keys() - set(going)}
        if aside:
            self.pauses.lock(tx, list(work))
        claims = claim(going) if going else []
        self.quotas.report_used(claims, work, now)
        if aside:
            self.pauses.set_aside(tx, aside, now)
        return Admitted(going, claims, bool(aside))

    def acquire(self, operation: str) -> Permit:
        """Count a claimed delivery of the operation as under way, until it is `finished`."""
        return self.circuits.acquire(operation)

    def veto(self, permit: Permit, now: datetime) -> timedelta | None:
        """Return how long a claimed delivery has to wait before its call, None when it may go."""
        return self.circuits.veto(permit, now)

    def finished(
        self, permit: Permit, failure: DeliveryFailure | None, *, dossier: str, now: datetime
    ) -> None:
        """Learn how a call ended; without a failure, the partner has taken it."""
        self.circuits.release(permit, failure, dossier=dossier, now=now)

    def _permits(self, work: Mapping[int, Incoming], now: datetime) -> list[bool]:
        return self.circuits.permits([incoming.type for incoming in work.values()], now)
