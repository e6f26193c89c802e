"""Claim: what of the asked-for deliveries may be sent now becomes this process's to send.

A claim is a transaction of its own, in which on SQLite calls that have ended are settled first.
What it brings must reach a thread before anything else can go wrong: a claim that is forgotten has
to wait for its lease to run out, and then the partner is asked. When a commit went through without
our knowing, doing it again claims nothing.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.exchange.admission.admission import AdmissionControl
from hub.exchange.admission.pause_registry import PauseRegistry
from hub.exchange.admission.quotas import Quotas
from hub.ports import Incoming
from hub.runtime.failpoints import Point, passing
from hub.store.deliveries import claiming, transitions
from hub.store.engine.store import Store, Tx

Work = Callable[[Tx], None]
"""What is done in a transaction."""


class Lease(NamedTuple):
    """By two clocks, because the one that a lease is written in may be set while we wait."""

    until: datetime
    ends: float
    """By the clock that nobody can set, seconds."""


class Taken(NamedTuple):
    """What a claim has brought."""

    claims: list[transitions.Claimed]
    lease: Lease
    left: list[int]
    """Deliveries that might have gone and were not claimed: not due, not open, or replaced."""


class Claim:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(
        self,
        store: Store,
        destination: str,
        *,
        gate: AdmissionControl,
        board: PauseRegistry,
        lease: timedelta,
    ) -> None:
        self.store = store
        self.destination = destination
        self.gate = gate
        self.board = board
        self.quotas = Quotas(gate)
        self.lease = lease

    def take(self, work: dict[int, Incoming], now: datetime, *, first: Work | None = None) -> Taken:
        """Claim what is due and may go of `asked`, and lay aside what may not go now.

        `first` is done before, in the same transaction.
        """
        ids = list(work)
        lease = Lease(now + self.lease, time.monotonic() + self.lease.total_seconds())
        turns = self.gate.permits([work[id].type for id in ids], now)
        going = [id for id, turn in zip(ids, turns, strict=True) if turn]
        if len(going) < len(ids) or self.quotas.in_force(now):
            going, claims = self._take_some(work, going, now, lease.until, first)
        elif first is not None:
            with self.store.write() as tx:
                first(tx)
                claims = self._claim(tx, going, now, lease.until)
        else:  # the rule
            with self.store.write_one() as tx:
                claims = self._claim(tx, going, now, lease.until)
        mine = {claim.id for claim in claims}
        return Taken(claims, lease, [id for id in going if id not in mine])

    def supersede(self, ids: Iterable[int], now: datetime) -> list[int]:
        """Settle those that something newer replaces; return them.

        In a transaction that holds no claim: it locks rows behind those in their lanes, and another
        process that has claimed these may wait for one of ours.
        """
        to = self.destination
        with self.store.write() as tx:
            overtaken = transitions.supersede_overtaken(tx, list(ids), to, now)
            transitions.release_followers(tx, to, {lane for _, lane in overtaken}, now)
        return [id for id, _ in overtaken]

    def _take_some(
        self,
        work: dict[int, Incoming],
        going: list[int],
        now: datetime,
        until: datetime,
        first: Work | None,
    ) -> tuple[list[int], list[transitions.Claimed]]:
        """Claim of what may go as much as the quotas let, and lay the rest of `asked` aside.

        Returns what the quotas let go, and what was claimed.
        """
        claims: list[transitions.Claimed] = []
        with self.store.write() as tx:
            if first is not None:
                first(tx)
            going = self.quotas.cut(tx, going, work, now)
            if going:
                claims = self._claim(tx, going, now, until)
            self.quotas.note(claims, work, now)
            aside = {id: work[id].type for id in work.keys() - set(going)}
            if aside:
                self.board.set_aside(tx, aside, now)
        if aside:
            passing(Point.DELIVER_AFTER_SET_ASIDE)
        return going, claims

    def _claim(
        self, tx: Tx, ids: list[int], now: datetime, until: datetime
    ) -> list[transitions.Claimed]:
        return claiming.claim_and_start(tx, ids, self.destination, now=now, lease_until=until)
