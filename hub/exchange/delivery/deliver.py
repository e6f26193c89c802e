"""Deliver: takes work for one destination from its queue and sees it through to a settled outcome.

claim (row to `sending`, attempt row, one transaction for many) -> call (in a pool of threads) ->
settle (one transaction for all that ended meanwhile) -> acknowledge. The queue message only asks
for work; when its delivery is settled, being sent or not due, it is acknowledged and nothing
happens. A claim has a lease: should this process die, the delivery becomes ambiguous.

This is the loop. `claim.py` claims, `call.py` calls, `settle.py` writes down, `settle_batch.py`
gathers what has ended, and `admission` says how much of each operation may go out. While all
operations are paused nothing is taken from the queue; while some are, their deliveries are set
aside and the others go on.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.call import Caller
from hub.exchange.delivery.claim import Claim, ClaimedWork, read_work
from hub.exchange.delivery.settle import SETTLE_AT_STOP, SettleContext, settle, write
from hub.exchange.delivery.settle_batch import Ended, SettleBatch, count, is_worth_claiming
from hub.messages import queues
from hub.ports import (
    Broker,
    BrokerUnavailable,
    Clock,
    Consumer,
    ConsumerLost,
    Destination,
    Incoming,
)
from hub.rules.calls.traits import Traits
from hub.rules.deliveries.states import DeliveryState
from hub.runtime.failpoints import Point, passing
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import is_away

AHEAD = 8
"""Claims in hand for each thread."""


def lease_of(traits: Traits, ahead: int = AHEAD) -> timedelta:
    """Return how long a claim lasts: twice what working through everything in hand may take."""
    return traits.longest_call * (2 * ahead)


def longest_hold(traits: Traits) -> timedelta:
    """Return how long a work message may stay unacknowledged at most.

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
        admission: Admission,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
        ahead: int = AHEAD,
    ) -> None:
        super().__init__()
        self.name = f"deliver.{destination.name}"
        self.broker = broker
        self.destination = destination
        self.settling = settling
        self.admission = admission
        self.clock = clock
        self.on_commit = on_commit
        traits = destination.traits
        self.most = traits.concurrency * ahead
        """Claims in hand: enough to keep every thread busy while the others are settled."""
        self.lease = lease_of(traits, ahead)
        self.patience = 60 + traits.longest_call.total_seconds()
        self.stop_within = (traits.longest_send + SETTLE_AT_STOP).total_seconds()
        self.ended = SettleBatch(threads=traits.concurrency, wake=self.wake)
        self.claims = Claim(settling.store, destination.name, admission=admission, lease=self.lease)
        self.caller = Caller(
            destination, admission, clock=clock, stopping=self.stopping, on_end=self.ended.put
        )
        self._consumer: Consumer | None = None

    def request_stop(self) -> None:
        super().request_stop()
        self.wake()

    def wake(self) -> None:
        """Have the loop, where it waits for work, go round."""
        if self._consumer is not None:
            self._consumer.wake()

    def run(self) -> None:
        queue_name = queues.deliver_queue(self.destination.name)
        retry_while_unavailable(self, lambda: self.admission.adopt(self.clock()))
        consumer = self.broker.consumer(queue_name, prefetch=self.most)
        self._consumer = consumer
        threads = self.destination.traits.concurrency
        try:
            with ThreadPoolExecutor(threads, thread_name_prefix=self.name) as pool:
                while not (self.stopping.is_set() and self.ended.in_hand == 0):
                    self.beat()
                    self.run_once(consumer, pool)
        finally:
            consumer.close()

    def run_once(self, consumer: Consumer, pool: Executor) -> None:
        now = self.clock()
        capacity = retry_while_unavailable(self, lambda: self.admission.capacity(now))
        width = self.most if capacity.width is None else min(capacity.width, self.most)
        room = 0 if self.stopping.is_set() else width - self.ended.in_hand
        waiting = self.ended.in_hand == 0 or is_worth_claiming(room, width=width, most=self.most)
        try:
            consumer.set_prefetch(width)
            if waiting:
                incoming = consumer.receive(max(0, room), wait=capacity.wait(now))
                self.claim(consumer, pool, incoming, room)
        except ConsumerLost as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
        except BrokerUnavailable as error:
            log.warning(Event.BROKER_LOST, role=self.name, error=str(error))
            self.stopping.wait(0.2)
        # Also without a broker: what partners answered belongs into the store at once.
        self.settle_ended(consumer, wait=not waiting)

    def claim(
        self,
        consumer: Consumer,
        pool: Executor,
        batch: Sequence[Incoming],
        room: int,
    ) -> None:
        """Claim what the batch asks for and hand it to the pool; acknowledge the rest."""
        messages = read_work(consumer, batch, role=self.name)
        if not messages:
            return
        work = dict(reversed(messages))
        if len(batch) >= room:  # more of them wait behind
            work = retry_while_unavailable(
                self, lambda: self.admission.due_first(work, self.clock())
            )
        taken, ended = self._claim_and_settle(consumer, work)
        mine = self._begin(pool, work, taken)
        self._acknowledge(consumer, ended)
        if taken.left:
            mine |= self._claim_again(pool, {id: work[id] for id in taken.left})
        working = {work[id].tag for id in mine}
        consumer.ack(incoming for _, incoming in messages if incoming.tag not in working)

    def _claim(self, work: dict[int, Incoming]) -> ClaimedWork:
        return retry_while_unavailable(self, lambda: self.claims.claim_due(work, self.clock()))

    def _claim_and_settle(
        self, consumer: Consumer, work: dict[int, Incoming]
    ) -> tuple[ClaimedWork, list[Ended]]:
        """Claim; on SQLite also write down, in the same transaction, the calls that have ended.

        Each transaction waits for its permit and for a commit, so a call that ends while others are
        asked for is settled earlier. On PostgreSQL a transaction that settles locks rows behind
        those of a claim. Returns what was claimed and which calls were written down.
        """
        ended = self.ended.ended_by_now() if self.settling.store.sqlite_writer is not None else []
        if not ended:
            return self._claim(work), []
        write_ended = partial(
            write,
            ctx=self.settling,
            outcomes=[call.outcome for call in ended],
            from_state=DeliveryState.SENDING,
            kind="send",
        )
        try:
            taken = retry_while_unavailable(
                self, lambda: self.claims.claim_due(work, self.clock(), first=write_ended)
            )
        except Exception as error:
            self.ended.put_back(ended)
            if is_away(error):
                raise
            # One of them cannot be written as it is, which must not stop the others nor the claim.
            self.settle_ended(consumer, wait=False)
            return self._claim(work), []
        return taken, ended

    def _begin(self, pool: Executor, work: dict[int, Incoming], taken: ClaimedWork) -> set[int]:
        """Hand what was claimed to the pool; return the deliveries."""
        if taken.claims:
            passing(Point.DELIVER_AFTER_CLAIM)
        self.ended.in_hand += len(taken.claims)
        for claimed in taken.claims:
            self.caller.begin(pool, work[claimed.id], claimed, taken.lease)
        return {claimed.id for claimed in taken.claims}

    def _claim_again(self, pool: Executor, work: dict[int, Incoming]) -> set[int]:
        """Settle what was not claimed because something newer replaces it; return what is claimed.

        What would have replaced it may have been cancelled meanwhile: so the rest is tried again.
        """
        overtaken = retry_while_unavailable(self, lambda: self.claims.supersede(work, self.clock()))
        if overtaken:
            log.info(Event.DELIVERY_SUPERSEDED, role=self.name, count=len(overtaken))
            self.on_commit()
        rest = {id: incoming for id, incoming in work.items() if id not in overtaken}
        return self._begin(pool, rest, self._claim(rest)) if rest else set()

    def settle_ended(self, consumer: Consumer, *, wait: bool) -> None:
        """Write down every call that has ended and acknowledge its message."""
        ended = self.ended.next_batch(wait=wait)
        if not ended:
            return
        outcomes, from_state = [call.outcome for call in ended], DeliveryState.SENDING
        try:
            retry_while_unavailable(
                self, lambda: settle(self.settling, outcomes, from_state=from_state, kind="send")
            )
        except Exception:
            self.ended.put_back(ended)
            raise
        self._acknowledge(consumer, ended)

    def _acknowledge(self, consumer: Consumer, ended: Sequence[Ended]) -> None:
        """Go on from calls that are written down: acknowledge their messages."""
        if not ended:
            return
        passing(Point.DELIVER_AFTER_SETTLE)
        count(self.destination.name, (call.outcome for call in ended), kind="send")
        self.ended.in_hand -= len(ended)
        self.on_commit()
        consumer.ack(call.incoming for call in ended)
