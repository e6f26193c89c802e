"""A simulated process of the hub: the real roles on one store, taken step by step.

A crash ends it between two steps or at a failpoint: its memory is gone, its connections give back
what they had in hand, the store stays. `start` makes the roles anew.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hub.bootstrap.partners.call_limits import counted
from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import SettleContext
from hub.exchange.housekeeping.timer import Pace, Timer
from hub.exchange.intake.accept import Intake
from hub.exchange.outbox.relay import Relay
from hub.messages import queues
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.operations.approvals import deciding
from hub.operations.deliveries.replay_role import ReplayParts
from hub.operations.watchers.conservation import Conservation
from hub.operations.watchers.replies.unproven_effects import UnprovenEffects
from hub.ports import BrokerUnavailable, ConsumerLost, Destination
from hub.records.dossiers.handlers import Records
from hub.rules.calls.call_limits import CallLimits
from hub.rules.calls.circuit import CircuitPolicy
from hub.rules.deliveries.recovery import RetryPolicy
from hub.runtime.failpoints import Point, passing
from hub.store.engine.store import StoreUnavailable, Tx
from hub.store.repair.restore import CallCounterFile
from tests.simulation.crash.excused import is_excused, require_excused
from tests.simulation.crash.files import ProcessFiles
from tests.simulation.crash.handling import StoryReceive
from tests.simulation.crash.life import Acting, Crash, RefusesDeadProcess, Step
from tests.simulation.database.observer import REPLAYS, Next, Reader
from tests.simulation.database.store import ProcessStore, handled
from tests.simulation.partners.protocol import Partner
from tests.simulation.world.broker import StoryBroker
from tests.simulation.world.chance import Chance
from tests.simulation.world.pacing import Paced, Pacing, Wakes
from tests.simulation.world.pool import AtOncePool, LaterPool
from tests.simulation.world.virtual_time import VirtualTime
from tests.simulation.world.waiting import StoryReplays

POLICY = RetryPolicy(attempts=40)
CIRCUIT = CircuitPolicy(
    first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=5), width=4
)
CALLS = "calls-made"
"""The file that knows how many calls were made; it stays where a database is lost."""
STALLS = (2.0, 60.0, 900.0)
"""Seconds for which a role gets no processor."""


@dataclass
class Changes:
    """Counts what all processes wrote."""

    observer: Reader
    writes: int = 0
    outbox: int = 0
    """Writes that put rows into the outbox: they wake relays."""
    orders: int = 0
    """What operators ordered, of which roles ask the store now and then."""

    def what_next(self) -> Next:
        """Return what the store knows of the future."""
        return self.observer.what_next(self.writes)

    def written(self, new_rows: bool) -> None:
        """Count a write."""
        self.writes += 1
        self.outbox += new_rows


class Process:
    """One process with every role."""

    swept: Callable[[], None] = staticmethod(lambda: None)
    """Called when a sweep of the timer has ended."""
    batch = 8
    """Messages for the records that it handles in one transaction, at most."""
    _sweeps = 0

    def __init__(
        self,
        name: str,
        directory: Path,
        store: ProcessStore,
        *,
        time: VirtualTime,
        chance: Chance,
        broker: StoryBroker,
        records: Records,
        partners: Sequence[Partner],
        changes: Changes,
        acting: Acting,
    ) -> None:
        self.name = name
        self.acting = acting
        self.changes = changes
        self.pacing = Pacing(time, [])
        self.time = time
        self.chance = chance
        self.broker = broker
        self.records = records
        self.partners = partners
        self.limits = CallLimits()
        self.skew = 0.0
        """Seconds by which its clock is ahead."""
        self.meanwhile: Callable[[], None] = lambda: None
        """What the others do while a role waits for them."""
        self.dead = True
        self.role_crashes: list[str] = []
        self._directory = directory
        self.store = store
        self.store.require_alive = self.require_alive
        self.store.written = changes.written
        self.files = ProcessFiles(
            directory / "files", limit=1_000_000, require_alive=self.require_alive
        )
        self._consumers: list[Any] = []

    def require_alive(self) -> None:
        """Raise Crash when it is dead."""
        if self.dead:
            raise Crash

    def clock(self) -> datetime:
        """Return what its clock shows."""
        return self.time.now(self.skew)

    def start(self) -> None:
        """Make its roles, as a start does."""
        self.dead = False
        markers = self._directory / "stopped"
        self.destinations: list[Any] = [
            RefusesDeadProcess(it.attach(), self.require_alive) for it in self.partners
        ]
        self.intake = Intake(self.store, self.files, clock=self.clock, validator=self.records)
        self.relay = Relay(self.store, self.broker, batch=50)
        self.publisher = RefusesDeadProcess(self.broker.publisher(), self.require_alive)
        self.receive = StoryReceive(
            self.store,
            self.broker,
            self._handle,
            clock=self.clock,
            batch=self.batch,
            markers=markers,
            together=self.records.together,
        )
        self.receive.failed = self.role_crashed
        self.delivering = [self._deliver(each) for each in self.destinations]
        self.reconciling = [self._reconcile(each, markers) for each in self.destinations]
        self.timer = self._timer()
        self.replays = self._replays()
        self.receive.poison_guard.load()
        self._consumers = []
        self._from_ingest = self._consumer(queues.INGEST, self.receive.batch * 2)
        self._work = [
            (each, LaterPool(self.chance, self.time, self.require_alive))
            for each in self.delivering
        ]
        self._from_queue = {each.name: self._open(each) for each in self.delivering}
        self.pacing = Pacing(self.time, self._roles())

    def steps(self) -> Iterator[Step]:
        """Yield what it may do next, by name: the roles that are awake, and calls under way."""
        if self.dead:
            return
        for role in self.pacing.due():
            yield role.name, role.work
        for deliver, pool in self._work:
            if pool.ready:
                yield f"call {deliver.destination.name}", partial(self._call, pool)

    def looked(self, name: str, count: int) -> None:
        """Note what a role's step found, which decides when it looks again."""
        if not self.dead:
            self.pacing.looked(name, count)

    def stall(self) -> str:
        """Have one of its roles get no processor for a while; return its name."""
        name: str = self.chance.order.choice([role.name for role in self.pacing.roles])
        self.pacing.stall(name, self.chance.order.choice(STALLS))
        return name

    @property
    def next_call(self) -> float:
        """When a thread has time for the next call, infinite when none waits."""
        return min((pool.next_ready for _, pool in self._work), default=math.inf)

    def _roles(self) -> list[Paced]:
        wakes = Wakes(self)
        delivering = [
            Paced(
                deliver.name,
                partial(self._deliver_some, deliver, pool),
                *wakes.of_deliver(deliver, pool),
            )
            for deliver, pool in self._work
        ]
        reconciling = [
            Paced(
                each.name,
                partial(each.query_some, AtOncePool()),
                *wakes.of_store(each.destination.name),
            )
            for each in self.reconciling
        ]
        return [
            Paced("relay", self._relay_some, *wakes.of_relay()),
            Paced("receive", self._receive_some, *wakes.of_receive()),
            Paced("timer", self._timer_some, *wakes.of_timer()),
            *delivering,
            *reconciling,
            Paced("replays", self._replays_some, *wakes.of_store(REPLAYS)),
        ]

    def _handle(self, tx: Tx, message: Message, payload: Payload) -> Iterable[Message]:
        """Handle a message as the records do, and count that it was handled."""
        handled(tx, message.id)
        return self.records(tx, message, payload)

    def crash(self) -> None:
        """End it without a word: its connections give back what it had in hand."""
        if self.dead:
            return
        self.dead = True
        for consumer in self._consumers:
            consumer.close()

    def stop(self) -> None:
        """End it as an operator does: what is under way is finished and written down."""
        with self.acting.step_of(self), suppress(Crash):
            try:
                self._finish()
            except StoreUnavailable as error:
                require_excused(error)
        self.crash()

    def _finish(self) -> None:
        for deliver, pool in self._work:
            deliver.stopping.set()
            pool.take_all()
            deliver.settle_ended(self._from_queue[deliver.name], wait=False)
        for reconcile in self.reconciling:
            reconcile.questions.close()
        self.relay.forget()
        self.timer.on_sweep()

    def role_crashed(self, step: str, error: Exception) -> None:
        """Note an error that the story has not raised: the story ends with it.

        Where the story lets the store have no room, the role does the same again by itself. What a
        dead process raises is nobody's concern.
        """
        self.require_alive()
        if not is_excused(error):
            self.role_crashes.append(f"{step}: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Give back the store's connections."""
        self.dead = False
        self.store.close()

    def _consumer(self, queue: str, prefetch: int) -> Any:
        consumer = self.broker.consumer(queue, prefetch=prefetch)
        self._consumers.append(consumer)
        return RefusesDeadProcess(consumer, self.require_alive)

    def _open(self, deliver: Deliver) -> Any:
        deliver.admission.adopt(self.clock())
        return self._consumer(queues.deliver_queue(deliver.destination.name), deliver.most)

    def _receive_some(self) -> int:
        try:
            batch = self._from_ingest.receive(self.receive.batch, wait=timedelta(0))
        except (ConsumerLost, BrokerUnavailable):
            return 1
        if batch:
            self.receive.handle(self._from_ingest, batch)
        return len(batch)

    def _timer_some(self) -> int:
        sweeps = self._sweeps
        count = self.timer.run_once()
        if self._sweeps != sweeps:
            self.swept()
        if count:
            passing(Point.TIMER_AFTER_COMMIT)
        return count

    def _relay_some(self) -> int:
        published = self.relay.publish_some(self.publisher)
        if not published:
            self.relay.forget()
        return published

    def _deliver_some(self, deliver: Deliver, pool: LaterPool) -> int:
        before = deliver.ended.in_hand
        deliver.run_once(self._from_queue[deliver.name], pool)
        return abs(deliver.ended.in_hand - before)

    def _call(self, pool: LaterPool) -> int:
        ready = pool.ready  # empty where it was taken while a role waited for the others
        if ready:
            pool.take(self.chance.order.choice(ready))
        return len(ready[:1])

    def _deliver(self, partner: Destination) -> Deliver:
        admission = Admission(
            self.store,
            partner.name,
            sorted(partner.traits.accepts),
            CIRCUIT,
            draw=self.chance.stream(f"{self.name} circuits {partner.name}"),
            limits=self.limits,
            longest_call=partner.traits.longest_send,
        )
        return Deliver(
            self.broker, partner, self._settling(partner), admission=admission, clock=self.clock
        )

    def _reconcile(self, partner: Destination, markers: Path) -> Reconcile:
        return Reconcile(
            partner,
            self._settling(partner),
            clock=self.clock,
            known=self.limits,
            markers=markers,
        )

    def _settling(self, partner: Destination) -> SettleContext:
        return SettleContext(
            store=self.store,
            destination=partner.name,
            traits=partner.traits,
            policy=POLICY,
            on_delivered=self.records.delivered,
            draw=self.chance.stream(f"{self.name} waits {partner.name}"),
        )

    def _replays(self) -> StoryReplays:
        made = StoryReplays(
            self.store,
            ReplayParts(
                destinations=counted(self.destinations, self.store, self.limits, clock=self.clock),
                file_path=self.files.path,
                on_delivered=self.records.delivered,
            ),
            clock=self.clock,
        )
        made.meanwhile = self._let_others_act
        return made

    def _let_others_act(self) -> None:
        self.require_alive()
        self.meanwhile()

    def _replays_some(self) -> int:
        return int(self.replays.step())

    def _timer(self) -> Timer:
        longest = max(each.traits.longest_call for each in self.destinations)
        unproven = UnprovenEffects(store=self.store, rules=self.records.rules)
        balance = Conservation(store=self.store)
        mark = CallCounterFile(self._directory / CALLS)

        def also(now: datetime) -> None:
            self._sweeps += 1
            unproven.check(now)
            balance.check(now)
            deciding.expire(self.store, now)

        pace = Pace(
            grace_period=longest + POLICY.settle_delay,
            lease=max(deliver.lease for deliver in self.delivering),
        )
        keep = partial(mark.write, self.store)
        return Timer(self.store, clock=self.clock, pace=pace, also=also, on_sweep=keep)
