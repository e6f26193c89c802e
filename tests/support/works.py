"""A small hub for tests: real store, real broker contract, real roles, one partner."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import SettleContext
from hub.exchange.housekeeping.timer import Pace, Timer
from hub.exchange.outbox.emit import emit
from hub.exchange.outbox.relay import Relay
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.ports import Broker, Destination
from hub.rules.calls import circuit
from hub.rules.calls.call_limits import CallLimits
from hub.rules.deliveries.recovery import RetryPolicy
from hub.rules.deliveries.states import DeliveryState
from hub.runtime.role import Role
from hub.store.conservation.proof import prove
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner

QUICK = RetryPolicy(
    first_wait=timedelta(milliseconds=5),
    longest_wait=timedelta(milliseconds=20),
    settle_delay=timedelta(milliseconds=1),
    attempts=6,
)
CIRCUIT = circuit.CircuitPolicy(
    first_pause=timedelta(milliseconds=10), longest_pause=timedelta(milliseconds=40), width=4
)
P = TypeVar("P", bound=Destination)
PACE = Pace(tick=timedelta(milliseconds=20), sweep=timedelta(milliseconds=50))
AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


def never(_at: datetime) -> bool:
    """Be a calendar without a day off."""
    return False


def number(n: int) -> str:
    """Return a dossier number."""
    return f"000.99.01.H57-180806-{n:04d}"


def step(n: int, version: int) -> Message:
    """Return the `version`-th step of dossier `n` for the province."""
    payload = p.ProvinceProgress(
        number=number(n),
        version=version,
        status=p.Status.PROCESSING,
        at=AT + timedelta(minutes=version),
        officer="Lê Văn Thử",
        unit="Địa chính",
        text="",
    )
    return catalog.compose(payload, time=AT, source="records", id=f"m-{n}-{version}")


def record(n: int, version: int) -> Message:
    """Return the `version`-th record of dossier `n` for the province: the first one creates it."""
    payload = p.ProvinceDossier(
        number=number(n),
        version=version,
        update=version > 1,
        procedure="1.001193",
        procedure_name="Đăng ký khai sinh",
        sector="G15-TP07",
        sector_name="Hộ tịch",
        channel=p.Channel.COUNTER,
        applicant=p.Applicant(name="Nguyễn Văn Mẫu"),
        summary="",
        received_at=AT,
        due_at=AT + timedelta(days=1),
        status=p.Status.ACCEPTED,
        unit="UBND phường",
    )
    return catalog.compose(payload, time=AT, source="records", id=f"r-{n}-{version}")


def settling_for(partner: Destination, store: Store) -> SettleContext:
    """Return what settling needs, with short waits."""
    return SettleContext(
        store=store,
        destination=partner.name,
        traits=partner.traits,
        policy=QUICK,
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )


class Works(Generic[P]):
    """Store, broker, partner and the roles between them."""

    def __init__(
        self,
        store: Store,
        broker: Broker,
        partner: P,
        *,
        policy: circuit.CircuitPolicy = CIRCUIT,
        call_limits: CallLimits | None = None,
    ) -> None:
        self.store, self.broker, self.partner = store, broker, partner
        self.settled = threading.Event()
        settling = settling_for(partner, store)
        self.relay = Relay(store, broker, poll=0.1)
        self.admission = Admission(
            store,
            partner.name,
            sorted(partner.traits.accepts),
            policy,
            limits=call_limits,
            draw=random.Random(2),
            on_commit=self.committed,
        )
        self.deliver = Deliver(
            broker,
            partner,
            settling,
            admission=self.admission,
            clock=lambda: now(),
            on_commit=self.committed,
        )
        self.reconcile = Reconcile(
            partner, settling, clock=lambda: now(), on_commit=self.committed, poll=0.02
        )
        self.timer = Timer(store, clock=lambda: now(), pace=PACE, on_commit=self.committed)
        self.roles: list[Role] = [self.relay, self.deliver, self.reconcile, self.timer]

    def committed(self) -> None:
        """Wake the relay and whoever waits for a settlement."""
        self.relay.wakeup.wake()
        self.settled.set()

    def emit(self, *messages: Message) -> None:
        """Say messages, as a handler would."""
        with self.store.write() as tx:
            emit(tx, messages, now())
        self.relay.wakeup.wake()

    def states(self) -> dict[str, int]:
        """Return the partner's deliveries by state, only those that occur."""
        with self.store.read() as tx:
            counted = prove(tx, catalog.READERS)
        assert counted.good, counted
        (mine,) = [b for b in counted.balances if b.destination == self.partner.name]
        return {state: count for state, count in mine.states.items() if count}

    def wait(self, reached: Callable[[dict[str, int]], bool], seconds: float = 20) -> None:
        """Wait until the states are as wanted; fail when nothing changed for `seconds`.

        A busy machine is slow and still makes progress: only an exchange that stands still fails.
        """
        states, end = self.states(), now() + timedelta(seconds=seconds)
        while not reached(states):
            self.settled.clear()
            self.settled.wait(0.05)
            before, states = states, self.states()
            if states != before:
                end = now() + timedelta(seconds=seconds)
            assert now() < end, states

    def wait_delivered(self, count: int) -> None:
        """Wait until exactly `count` deliveries are delivered and nothing else is open."""
        self.wait(lambda states: states == {DeliveryState.DELIVERED: count})


@contextmanager
def working(
    store: Store,
    broker: Broker,
    partner: P,
    *,
    policy: circuit.CircuitPolicy = CIRCUIT,
    call_limits: CallLimits | None = None,
) -> Iterator[Works[P]]:
    """Run the roles for the length of the block."""
    works = Works(store, broker, partner, policy=policy, call_limits=call_limits)
    for role in works.roles:
        role.start()
    try:
        yield works
    finally:
        if isinstance(partner, Partner):
            partner.gate.set()
        for role in works.roles:
            role.request_stop()
        for role in works.roles:
            role.stop()
