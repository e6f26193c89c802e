"""The hot path: the hub's own accept, receive and deliver, one after the other, full throttle.

The broker is the one in the process and the partner answers at once, so that what is measured is
the hub's code and the store. Each stage begins with all of its work there and is timed from its
first commit to its last.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.catalog import PROVINCIAL
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.messages.queues import deliver_queue
from hub.ports import Answer, Doubt, Question, Receipt, Request, Unclear
from hub.rules.calls.traits import Traits
from hub.runtime import telemetry
from hub.runtime.process.cpu_affinity import one_cpu
from hub.runtime.role import Role
from hub.store.engine.store import Tx
from tests.benchmarks.growth.order import WITHIN, Order, given

RECEIVED_AT = datetime(2018, 8, 6, 8, 30, tzinfo=timezone(timedelta(hours=7)))
PROCEDURE = "2.000884"
RoleT = TypeVar("RoleT", bound=Role)
COUNTERS = 32
"""Threads that hand dossiers in."""


class Counted:
    """Counts what is committed, with the time of each commit."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.pending = 0
        self.commits: list[tuple[float, int]] = []
        self.complete = threading.Event()
        self._done = 0

    def commit(self) -> None:
        """Take what is pending as committed now."""
        count, self.pending = self.pending, 0
        if count:
            self._done += count
            self.commits.append((time.monotonic(), count))
        if self._done >= self.total:
            self.complete.set()

    def rate(self) -> float:
        """Return how many a second, from the first commit to the last. Raises TimeoutError."""
        if not self.complete.wait(WITHIN.total_seconds()):
            raise TimeoutError(f"{self._done} of {self.total} after {WITHIN}")
        (first, begun), (last, _) = self.commits[0], self.commits[-1]
        return (self._done - begun) / (last - first)


class Answering:
    """A partner that has everything at once."""

    name = PROVINCIAL

    def __init__(self, traits: Traits) -> None:
        self.traits = traits

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return a request without content."""
        return Request(operation="bench", number=message.key, body=b"", digest="0" * 64)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Answer."""
        return Receipt(reference=request.number, response_hash="0" * 64)

    def question(self, request: Request) -> Question:
        """Nobody asks."""
        return Question(operation="look_up", digest=request.digest)

    def find(self, request: Request) -> Answer:
        """Know nothing: nobody asks."""
        return Unclear(why=Doubt.NO_ANSWER)

    def ping(self) -> timedelta | None:
        """Be there."""
        return None

    def close(self) -> None:
        """Hold nothing."""


def dossiers(hub: Hub, order: Order) -> list[Message]:
    """Return the receptions of one trial."""
    procedure = hub.records.rules.procedure(PROCEDURE, RECEIVED_AT)
    made = []
    for number in range(1, order.dossiers + 1):
        payload = p.DossierReceived(
            number=f"000.98.{order.series}.H57-180806-{number:06}",
            procedure=procedure.code,
            applicant=p.Applicant(
                name="Nguyễn Văn Mẫu",
                identity_number="000000000001",
                phone="0000000001",
                address="Tổ dân phố 0, phường Hương Xuân",
            ),
            summary=procedure.name,
            received_at=RECEIVED_AT,
            components=procedure.components[:1],
            officer="Lê Văn Thử",
        )
        made.append(catalog.compose(payload, time=RECEIVED_AT, source="counter-1"))
    return made


def accept(hub: Hub, messages: list[Message]) -> float:
    """Hand everything in; return how many a second are answered."""

    def hand_in(message: Message) -> float:
        hub.intake.accept(message)
        return time.monotonic()

    with one_cpu(), ThreadPoolExecutor(COUNTERS) as counters:
        answered = sorted(counters.map(hand_in, messages))
    begun = len(answered) // 10
    return (len(answered) - 1 - begun) / (answered[-1] - answered[begun])


def carry(hub: Hub) -> None:
    """Publish what the store wants published."""
    publisher, relay = hub.broker.publisher(), Relay(hub.store, hub.broker)
    while relay.publish_some(publisher):
        pass
    relay.forget()
    publisher.close()


def receive(hub: Hub, count: int) -> float:
    """Have everything handled; return how many a second."""
    counted, role = Counted(count), _role(hub, Receive)
    handler = role.handler

    def counting(tx: Tx, message: Message, payload: Payload) -> Iterable[Message]:
        counted.pending += 1
        return handler(tx, message, payload)

    role.handler = counting
    role.on_commit = _and(role.on_commit, counted.commit)
    return _run(role, counted)


def deliver(hub: Hub) -> float:
    """Have everything delivered; return how many a second."""
    role = _role(hub, Deliver)
    counted = Counted(hub.broker.depth(deliver_queue(PROVINCIAL)))
    role.destination = Answering(role.destination.traits)
    delivered = role.settling.on_delivered

    def counting(tx: Tx, message: Message, receipt: Receipt) -> None:
        counted.pending += 1
        delivered(tx, message, receipt)

    role.settling = replace(role.settling, on_delivered=counting)
    role.on_commit = _and(role.on_commit, counted.commit)
    return _run(role, counted)


def _and(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        second()
        first()

    return both


def _run(role: Role, counted: Counted) -> float:
    with one_cpu():
        role.start()
    rate = counted.rate()
    role.stop()
    return rate


def _role(hub: Hub, kind: type[RoleT]) -> RoleT:
    (role,) = (role for role in hub.roles if isinstance(role, kind))
    return role


def main() -> None:
    """Run the three stages."""
    order = given()
    telemetry.setup(level="WARNING")
    hub = build(order.settings(), sources=())
    messages = dossiers(hub, order)
    found = {"accept": accept(hub, messages)}
    carry(hub)
    found["receive"] = receive(hub, len(messages))
    carry(hub)
    found["deliver"] = deliver(hub)
    order.report(found)
    hub.stop()


if __name__ == "__main__":
    main()
