"""Calls that have ended, gathered so that one commit settles many of them.

A commit costs about as much for fifty deliveries as for one. So while work is in hand for more than
the threads, settling waits a moment until half of what is in hand has ended, and claiming waits
until there is room for half of what may be in hand. While a thread is free nothing waits.
`script/bench deliver` pays for it (deliveries a second); `script/bench latency` shows that one
dossier alone does not wait for others.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hub.exchange.delivery.settle import CallOutcome, ended_as
from hub.ports import Incoming, Receipt
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.runtime import tracing
from hub.runtime.metrics import ATTEMPTS, CRITICAL_TIME, OTHER, seconds

GATHER_AT_MOST = 0.02
"""Seconds that a call that has ended may wait to be settled together with others."""


class Ended(NamedTuple):
    """A call that has ended, with the work message that asked for it."""

    incoming: Incoming
    outcome: CallOutcome


def is_worth_claiming(room: int, *, width: int, most: int) -> bool:
    """Tell whether to claim for `room` deliveries, where `width` may be in hand, usually `most`.

    Claiming them singly would cost a commit each, while there is work enough in hand.
    """
    return room * 2 >= most if width == most else room > 0


class SettleBatch:
    """One destination's. `put` may be called by any thread, the rest by that of its Deliver."""

    def __init__(self, *, threads: int, wake: Callable[[], None]) -> None:
        """`wake`: called when a call has ended while the loop may wait for work."""
        self.in_hand = 0
        """Deliveries that are claimed and not settled."""
        self._threads = threads
        self._wake = wake
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._gathering = False
        self._enough = threading.Event()

    def put(self, incoming: Incoming, outcome: CallOutcome) -> None:
        """Add a call that has ended."""
        self._ended.put(Ended(incoming, outcome))
        if not self._gathering:
            self._wake()
        elif self._half_has_ended():
            self._enough.set()

    def put_back(self, ended: Iterable[Ended]) -> None:
        """Keep what could not be written: the partner's reply is not forgotten while we live."""
        for call in ended:
            self._ended.put(call)

    def next_batch(self, *, wait: bool) -> list[Ended]:
        """Return the calls that have ended, gathered; waits a second for the first if wanted."""
        ended: list[Ended] = []
        if wait:
            try:
                ended.append(self._ended.get(timeout=1))
            except queue.Empty:
                return ended
        self._gather()
        return ended + self.ended_by_now()

    def ended_by_now(self) -> list[Ended]:
        """Return the calls that have ended by now."""
        ended: list[Ended] = []
        try:
            while True:
                ended.append(self._ended.get_nowait())
        except queue.Empty:
            return ended

    def _gather(self) -> None:
        """Let more calls end, as long as others wait for a thread anyway."""
        if self.in_hand <= self._threads:
            return
        self._enough.clear()
        self._gathering = True
        if not self._half_has_ended():
            self._enough.wait(GATHER_AT_MOST)
        self._gathering = False

    def _half_has_ended(self) -> bool:
        return self._ended.qsize() * 2 >= self.in_hand


def count(partner: str, outcomes: Iterable[CallOutcome], *, kind: str) -> None:
    """Count in memory, for `/metrics`, calls of a kind (`send` or `find`) that are written down."""
    for it in outcomes:
        # Of the catalogue, so the types are few; without a message nothing was read.
        operation = it.message.type if it.message else OTHER
        ATTEMPTS.add(partner, operation, kind, ended_as(it.result), _code(it))
        if tracing.is_on():
            _trace(partner, it, kind)
        if isinstance(it.result, Receipt):
            CRITICAL_TIME.observe(seconds(it.finished_at - it.claimed.created_at), partner)


def _code(outcome: CallOutcome) -> str:
    if not isinstance(outcome.result, DeliveryFailure):
        return ""
    return outcome.result.code if outcome.result.code in FAULTS else OTHER


def _trace(partner: str, outcome: CallOutcome, kind: str) -> None:
    if outcome.message is None or outcome.started_at is None:
        return  # it did not come to a call
    tracing.called(
        outcome.message,
        delivery=outcome.claimed.id,
        attempt=outcome.claimed.attempts,
        since=outcome.started_at,
        until=outcome.finished_at,
        outcome={
            "hub.kind": kind,
            "hub.partner": partner,
            "hub.outcome": ended_as(outcome.result),
            "hub.code": _code(outcome),
        },
    )
