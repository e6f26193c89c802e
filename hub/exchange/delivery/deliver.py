"""Deliver: takes work for one destination from its queue and makes the calls.

claim (row to `sending`, attempt row, one transaction for many) -> prepare -> send in a pool of
threads -> settle (one transaction for all that ended meanwhile) -> acknowledge. The queue message
only asks for work; when its delivery is settled, being sent or not due, it is acknowledged and
nothing happens. A claim has a lease: should this process die, the delivery becomes ambiguous.

The gate says how much of each operation may go out. While all operations are paused nothing is
taken from the queue; while some are, their deliveries are laid aside and the others go on.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import msgspec

from hub.exchange.admission.admission import UNLIMITED, AdmissionControl, Capacity
from hub.exchange.admission.pause_registry import PauseRegistry
from hub.exchange.admission.priority import Priority
from hub.exchange.delivery.call import make_call
from hub.exchange.delivery.claim import Claim, Lease, Taken
from hub.exchange.delivery.settle import SETTLE_AT_STOP, CallOutcome, SettleContext, settle, write
from hub.exchange.delivery.thread_start import begin_once
from hub.messages import queues
from hub.ports import (
    Broker,
    BrokerUnavailable,
    Clock,
    Consumer,
    ConsumerLost,
    Destination,
    Incoming,
    latest_first_byte,
)
from hub.rules.failures.error_summary import describe_error
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    TransientFailure,
)
from hub.rules.states import DeliveryState
from hub.rules.traits import Traits
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import transitions
from hub.store.engine.store import is_away


class _Work(msgspec.Struct):
    delivery: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


GATHER_AT_MOST = 0.02
"""Seconds that a call that has ended may wait to be settled together with others."""
LOOK = timedelta(seconds=5)
"""The longest wait for work; a window that begins meanwhile is noticed by then."""
_read_work = msgspec.json.Decoder(_Work).decode


AHEAD = 8
"""Claims in hand for each thread."""


def lease_of(traits: Traits, ahead: int = AHEAD) -> timedelta:
    """Return how long a claim lasts: twice what working through everything in hand may take."""
    return traits.longest_call * (2 * ahead)


def longest_hold(traits: Traits) -> timedelta:
    """Return how long an ask may stay unacknowledged at most.

    It waits until there is room for it, at most for all that is in hand, and then has its lease.
    """
    return lease_of(traits) * 3 / 2


class Deliver(Role):
    """Delivers to one destination."""

    def __init__(
        self,
        broker: Broker,
        destination: Destination,
        settling: SettleContext,
        *,
        gate: AdmissionControl,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
        ahead: int = AHEAD,
    ) -> None:
        super().__init__()
        self.name = f"deliver.{destination.name}"
        self.broker = broker
        self.destination = destination
        self.settling = settling
        self.gate = gate
        self.board = PauseRegistry(settling.store, gate, on_commit=lambda: self.on_commit())
        self.urgency = Priority(
            settling.store, destination.name, on_commit=lambda: self.on_commit()
        )
        self.clock = clock
        self.on_commit = on_commit
        traits = destination.traits
        self.most = traits.concurrency * ahead
        """Claims in hand: enough to keep every thread busy while the others are settled."""
        self.lease = lease_of(traits, ahead)
        self.claims = Claim(
            settling.store, destination.name, gate=gate, board=self.board, lease=self.lease
        )
        self.patience = 60 + traits.longest_call.total_seconds()
        self.stop_within = (traits.longest_send + SETTLE_AT_STOP).total_seconds()
        self._ended: queue.SimpleQueue[tuple[Incoming, CallOutcome]] = queue.SimpleQueue()
        self._in_hand = 0
        self._gathering = False
        self._enough = threading.Event()
        self._consumer: Consumer | None = None

    def request_stop(self) -> None:
        super().request_stop()
        if self._consumer is not None:
            self._consumer.wake()

    def run(self) -> None:
        queue_name = queues.deliver_queue(self.destination.name)
        retry_while_unavailable(self, lambda: self.board.adopt(self.clock()))
        self.gate.forget_quotas()
        consumer = self.broker.consumer(queue_name, prefetch=self.most)
        self._consumer = consumer
        threads = self.destination.traits.concurrency
        try:
            with ThreadPoolExecutor(threads, thread_name_prefix=self.name) as pool:
                while not (self.stopping.is_set() and self._in_hand == 0):
                    self.beat()
                    self._run_once(consumer, pool)
        finally:
            consumer.close()

    def _run_once(self, consumer: Consumer, pool: ThreadPoolExecutor) -> None:
        now = self.clock()
        retry_while_unavailable(self, lambda: self.board.update(now))
        reach = self.gate.capacity(now)
        width = self.most if reach.width is None else min(reach.width, self.most)
        room = 0 if self.stopping.is_set() else width - self._in_hand
        # Claiming one by one would cost a commit each, while there is work enough in hand.
        claiming = room * 2 >= self.most if width == self.most else room > 0
        waiting = claiming or self._in_hand == 0
        try:
            consumer.take_at_most(width)
            if waiting:
                incoming = consumer.receive(max(0, room), wait=self._patience(reach, now))
                self.claim(consumer, pool, incoming, room)
        except ConsumerLost as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
        except BrokerUnavailable as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
            self.stopping.wait(0.2)
        # Also without a broker: what partners answered belongs into the store at once.
        self.settle_ended(consumer, wait=not waiting)

    def _patience(self, reach: Capacity, now: datetime) -> timedelta:
        """Return how long to wait for work before looking again."""
        if reach is UNLIMITED:
            return LOOK
        waits = [LOOK, self.board.again] if reach.trying else [LOOK]
        if reach.until:
            waits.append(reach.until - now)
        return max(timedelta(milliseconds=1), min(waits))

    def claim(
        self,
        consumer: Consumer,
        pool: ThreadPoolExecutor,
        batch: Sequence[Incoming],
        room: int,
    ) -> None:
        """Claim what the batch asks for and hand it to the pool; acknowledge the rest."""
        asks = self._read(consumer, batch)
        if not asks:
            return
        asked = dict(reversed(asks))
        if len(batch) >= room:  # more of them wait behind
            asked = retry_while_unavailable(self, lambda: self.urgency.first(asked, self.clock()))
        taken, ended = self._take(consumer, asked)
        mine = self._begin(pool, asked, taken)
        self._settled(consumer, ended)
        if taken.left:
            mine |= self._look_again(pool, {id: asked[id] for id in taken.left})
        working = {asked[id].tag for id in mine}
        consumer.ack(incoming for _, incoming in asks if incoming.tag not in working)

    def _take(
        self, consumer: Consumer, work: dict[int, Incoming]
    ) -> tuple[Taken, list[tuple[Incoming, CallOutcome]]]:
        """Claim; on SQLite also write down, in the same transaction, the calls that have ended.

        Each transaction waits for its turn and for a commit, so a call that ends while others are
        asked for is settled earlier. On PostgreSQL a transaction that settles locks rows behind
        those of a claim. Returns what was claimed and which calls were written down.
        """
        ended = self._have_ended() if self.settling.store.turns is not None else []
        if not ended:
            return retry_while_unavailable(self, lambda: self.claims.take(work, self.clock())), []
        write_ended = partial(
            write,
            ctx=self.settling,
            outcomes=[outcome for _, outcome in ended],
            since=DeliveryState.SENDING,
            kind="send",
        )
        try:
            taken = retry_while_unavailable(
                self, lambda: self.claims.take(work, self.clock(), first=write_ended)
            )
        except Exception as error:
            self._put_back(ended)
            if is_away(error):
                raise
            # One of them cannot be written as it is, which must not stop the others nor the claim.
            self.settle_ended(consumer, wait=False)
            return retry_while_unavailable(self, lambda: self.claims.take(work, self.clock())), []
        return taken, ended

    def _begin(self, pool: ThreadPoolExecutor, work: dict[int, Incoming], taken: Taken) -> set[int]:
        """Hand what was claimed to the pool; return the deliveries."""
        if taken.claims:
            passing(Point.DELIVER_AFTER_CLAIM)
        self._in_hand += len(taken.claims)
        for claim in taken.claims:
            self._hand_to(pool, work[claim.id], claim, taken.lease)
        return {claim.id for claim in taken.claims}

    def _look_again(self, pool: ThreadPoolExecutor, work: dict[int, Incoming]) -> set[int]:
        """Settle what was not claimed because something newer replaces it; return what is claimed.

        What would have replaced it may have been taken out meanwhile: so the rest is tried again.
        """
        overtaken = retry_while_unavailable(self, lambda: self.claims.supersede(work, self.clock()))
        if overtaken:
            log.info(Event.DELIVERY_SUPERSEDED, role=self.name, count=len(overtaken))
            self.on_commit()
        rest = {id: it for id, it in work.items() if id not in overtaken}
        if not rest:
            return set()
        return self._begin(
            pool, rest, retry_while_unavailable(self, lambda: self.claims.take(rest, self.clock()))
        )

    def _hand_to(
        self, pool: ThreadPoolExecutor, incoming: Incoming, claim: transitions.Claimed, lease: Lease
    ) -> None:
        """Give a claim to a thread; where none can be had, it ends without a call."""
        turn = -1
        try:
            turn = self.gate.acquire(incoming.type)
            begin_once(pool, partial(self._work, incoming, claim, lease, turn))
        except Exception as error:
            self._end(incoming, self._not_begun(claim, lease, error), turn)

    def _read(self, consumer: Consumer, batch: Sequence[Incoming]) -> list[tuple[int, Incoming]]:
        """Return the deliveries that are asked for; what asks for nothing goes to `hub.dead`."""
        asks = []
        for incoming in batch:
            try:
                asks.append((_read_work(incoming.body).delivery, incoming))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                log.error(Event.WORK_UNREADABLE, role=self.name, message_id=incoming.message_id)
                consumer.reject(incoming)
        return asks

    def settle_ended(self, consumer: Consumer, *, wait: bool) -> None:
        """Write down every call that has ended and acknowledge its message."""
        ended: list[tuple[Incoming, CallOutcome]] = []
        try:
            if wait:
                ended.append(self._ended.get(timeout=1))
            self._gather()
        except queue.Empty:
            pass
        ended += self._have_ended()
        if not ended:
            return
        outcomes = [outcome for _, outcome in ended]
        try:
            since = DeliveryState.SENDING
            retry_while_unavailable(
                self, lambda: settle(self.settling, outcomes, since=since, kind="send")
            )
        except Exception:
            self._put_back(ended)
            raise
        self._settled(consumer, ended)

    def _have_ended(self) -> list[tuple[Incoming, CallOutcome]]:
        """Return the calls that have ended and are not written down."""
        ended: list[tuple[Incoming, CallOutcome]] = []
        try:
            while True:
                ended.append(self._ended.get_nowait())
        except queue.Empty:
            return ended

    def _put_back(self, ended: list[tuple[Incoming, CallOutcome]]) -> None:
        """Keep what could not be written: the partner's word is not forgotten while we live."""
        for pair in ended:
            self._ended.put(pair)

    def _settled(self, consumer: Consumer, ended: list[tuple[Incoming, CallOutcome]]) -> None:
        """Go on from calls that are written down: acknowledge their messages."""
        if not ended:
            return
        passing(Point.DELIVER_AFTER_SETTLE)
        self._in_hand -= len(ended)
        self.on_commit()
        consumer.ack(incoming for incoming, _ in ended)

    def _gather(self) -> None:
        """Let more calls end, for one commit, as long as others wait for a thread anyway."""
        if self._in_hand <= self.destination.traits.concurrency:
            return
        self._enough.clear()
        self._gathering = True
        if not self._half_has_ended():
            self._enough.wait(GATHER_AT_MOST)
        self._gathering = False

    def _half_has_ended(self) -> bool:
        return self._ended.qsize() * 2 >= self._in_hand

    def _work(
        self, incoming: Incoming, claim: transitions.Claimed, lease: Lease, generation: int
    ) -> None:
        """Bring one claim to an outcome, whatever goes wrong: else it would stay in hand."""
        outcome = self._failed(claim, lease, AmbiguousFailure("send_crashed"))
        try:
            outcome = self._decide(incoming, claim, lease, generation)
        except Exception as error:
            cause = describe_error(error)
            log.error(Event.DELIVERY_CRASHED, role=self.name, delivery=claim.id, error=cause)
            outcome = self._failed(claim, lease, AmbiguousFailure("send_crashed", cause))
        finally:
            self._end(incoming, outcome, generation)

    def _end(self, incoming: Incoming, outcome: CallOutcome, generation: int) -> None:
        """Note how a claim ended; a fault of ours on the way does not change what is known."""
        claim, result = outcome.claimed, outcome.result
        failure = result if isinstance(result, DeliveryFailure) else None
        at = outcome.finished_at
        try:
            self.gate.release(incoming.type, generation, failure, dossier=claim.lane, now=at)
            passing(Point.DELIVER_AFTER_REPLY)
        except Exception as error:
            cause = describe_error(error)
            log.error(Event.DELIVERY_CRASHED, role=self.name, delivery=claim.id, error=cause)
        finally:
            self._ended.put((incoming, outcome))
        if self._gathering:
            if self._half_has_ended():
                self._enough.set()
        elif self._consumer is not None:
            self._consumer.wake()

    def _not_begun(self, claim: transitions.Claimed, lease: Lease, error: Exception) -> CallOutcome:
        """Return the outcome of a fault of ours before the call: certainly without effect."""
        cause = describe_error(error)
        log.error(Event.DELIVERY_CRASHED, role=self.name, delivery=claim.id, error=cause)
        return self._failed(claim, lease, TransientFailure("call_not_begun", cause))

    def _failed(
        self, claim: transitions.Claimed, lease: Lease, failure: DeliveryFailure
    ) -> CallOutcome:
        """Return an outcome that needs nothing of ours to work; its time is that of the claim."""
        at = lease.until - self.lease
        return CallOutcome(claimed=claim, message=None, result=failure, finished_at=at)

    def _decide(
        self, incoming: Incoming, claim: transitions.Claimed, lease: Lease, generation: int
    ) -> CallOutcome:
        """Make the call, unless by now it must not be made."""
        try:
            now = self.clock()
            held = self._not_attempted(incoming, lease, generation, now)
        except Exception as error:
            return self._not_begun(claim, lease, error)
        if held is not None:
            return CallOutcome(claimed=claim, message=None, result=held, finished_at=now)
        latest_first_byte.set(lease.ends - self.destination.traits.longest_call.total_seconds())
        return make_call(self.destination, claim, self.clock)

    def _not_attempted(
        self, incoming: Incoming, lease: Lease, generation: int, now: datetime
    ) -> NotAttempted | None:
        """Return why a claim must not be sent now, None when it may be."""
        longest = self.destination.traits.longest_send
        if now + longest >= lease.until or time.monotonic() + longest.total_seconds() >= lease.ends:
            # It waited for a thread too long, or the machine slept: somebody else may send it.
            return NotAttempted("claim_late", "not sent", retry_after=timedelta())
        if self.stopping.is_set():
            # What has not begun goes out after the start, so that nobody waits for it.
            return NotAttempted("claim_late", "not sent: the hub stops", retry_after=timedelta())
        if wait := self.gate.veto(incoming.type, generation, now):
            return NotAttempted("partner_paused", "not sent", retry_after=wait)
        return None
