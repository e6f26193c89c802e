"""Claim: the deliveries that the queue asks for and that may go now become this process's to send.

A claim is a transaction of its own, in which on SQLite calls that have ended are settled first.
What it brings must reach a thread before anything else can go wrong: a claim that is forgotten has
to wait for its lease to run out, and then the partner is queried. When a commit went through
without our knowing, doing it again claims nothing.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, NamedTuple

import msgspec

from hub.exchange.admission.admission import Admission, Admitted
from hub.exchange.delivery.call import Lease
from hub.ports import Consumer, Incoming
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import claim_and_settle, superseding, transitions
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store, Tx

InTransaction = Callable[[Tx], None]
"""What is done in a transaction."""


class _Work(msgspec.Struct):
    delivery: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


_decode = msgspec.json.Decoder(_Work).decode


class ClaimedWork(NamedTuple):
    """What a claim has brought."""

    claims: list[Claimed]
    lease: Lease
    left: list[int]
    """Deliveries that might have gone and were not claimed: not due, not open, or replaced."""


def read_work(
    consumer: Consumer, batch: Sequence[Incoming], *, role: str
) -> list[tuple[int, Incoming]]:
    """Return the deliveries that are asked for; what asks for nothing goes to `hub.dead`."""
    work = []
    for incoming in batch:
        try:
            work.append((_decode(incoming.body).delivery, incoming))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.error(Event.WORK_UNREADABLE, role=role, message_id=incoming.message_id)
            consumer.reject(incoming)
    return work


class Claim:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(
        self, store: Store, destination: str, *, admission: Admission, lease: timedelta
    ) -> None:
        self.store = store
        self.destination = destination
        self.admission = admission
        self.lease = lease

    def claim_due(
        self, work: dict[int, Incoming], now: datetime, *, first: InTransaction | None = None
    ) -> ClaimedWork:
        """Claim of the work what is due and may go, and set aside what may not go now.

        `first` is done before, in the same transaction. Each attempt asks anew what persons paused:
        the work may have come after a long wait, and the store may have been away.
        """
        self.admission.read_persons(now)
        lease = Lease(now, now + self.lease, time.monotonic() + self.lease.total_seconds())
        if not self.admission.may_all_go(work, now):
            admitted = self._claim_admitted(work, lease, first)
        elif first is not None:
            with self.store.write() as tx:
                first(tx)
                admitted = self._claim_all(tx, work, lease)
        else:  # the rule
            with self.store.write_one() as tx:
                admitted = self._claim_all(tx, work, lease)
        mine = {claimed.id for claimed in admitted.claims}
        left = [id for id in admitted.going if id not in mine]
        return ClaimedWork(admitted.claims, lease, left)

    def supersede(self, ids: Iterable[int], now: datetime) -> list[int]:
        """Settle those that something newer replaces; return them.

        In a transaction that holds no claim: it locks rows behind those in their lanes, and another
        process that has claimed these may wait for one of ours.
        """
        to = self.destination
        with self.store.write() as tx:
            overtaken = superseding.supersede_overtaken(tx, list(ids), to, now)
            transitions.release_followers(tx, to, {lane for _, lane in overtaken}, now)
        return [id for id, _ in overtaken]

    def _claim_all(self, tx: Tx, work: dict[int, Incoming], lease: Lease) -> Admitted:
        ids = list(work)
        return Admitted(ids, self._claim(tx, lease, ids))

    def _claim_admitted(
        self, work: dict[int, Incoming], lease: Lease, first: InTransaction | None
    ) -> Admitted:
        with self.store.write() as tx:
            if first is not None:
                first(tx)
            claim = partial(self._claim, tx, lease)
            admitted = self.admission.claim_admitted(tx, work, lease.since, claim=claim)
        if admitted.aside:
            passing(Point.DELIVER_AFTER_SET_ASIDE)
        return admitted

    def _claim(self, tx: Tx, lease: Lease, ids: Sequence[int]) -> list[Claimed]:
        return claim_and_settle.claim_and_start(
            tx, ids, self.destination, now=lease.since, lease_until=lease.until
        )
