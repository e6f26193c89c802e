"""One process of a trial: it fills its own queue, waits for the others, and does its role's work.

Everything but the partner and the way there is real: the role, the store, group commit, records,
lanes, the chained evidence. Queues are those of the in-process broker, so that the other CPU is the
database's.
"""

import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hub.broker.memory import MemoryBroker
from hub.exchange.admission.admission import Admission
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.delivery.settle import SettleContext
from hub.exchange.intake.accept import Intake
from hub.exchange.outbox.emit import emit
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog
from hub.messages.envelope import Message, encode
from hub.messages.payloads import Payload
from hub.ports import Answer, Doubt, Question, Receipt, Request, Unclear
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.calls import circuit
from hub.rules.calls.traits import Traits
from hub.rules.deliveries.recovery import RetryPolicy
from hub.runtime import telemetry
from hub.runtime.role import Role
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal
from hub.store.messages.blobs import BlobStore
from tests.benchmarks.stamps import stamp
from tests.benchmarks.stores import content
from tests.benchmarks.stores.order import Order, given
from tests.benchmarks.stores.trips import Counter

CALLERS = 40
"""Threads that accept: as many as the gateway's pool has."""
AT_ONCE = 500
ItemT = TypeVar("ItemT")


def clock() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


class Partner:
    """A partner in this process, at once with its answer."""

    name = catalog.PROVINCIAL
    traits = Traits(accepts=frozenset({"province.progress", "province.dossier"}), findable=True)

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the request, hashed as ever."""
        body = encode(message)
        digest = hashlib.sha256(body).hexdigest()
        return Request(operation="step", number=message.key, body=payload, digest=digest)

    def send(self, request: Request, *, not_after: float = 0.0) -> Receipt:  # noqa: ARG002
        """Take it."""
        return Receipt(reference=f"T-{request.number}", response_hash=request.digest)

    def question(self, request: Request) -> Question:
        """Nobody asks."""
        return Question(operation="look_up", digest=request.digest)

    def find(self, request: Request) -> Answer:  # noqa: ARG002 - nothing is in doubt
        """Nobody asks."""
        return Unclear(why=Doubt.NO_ANSWER)

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to give back."""


class Trial:
    """Store and broker of this process."""

    def __init__(self, order: Order) -> None:
        self.order = order
        # Rung through the database only where the relay would be in another process.
        self.store = Store(order.database, notify_listeners=not order.alone)
        self.trips = Counter()
        self.trips.watch(self.store)
        self.broker = MemoryBroker()
        self.through = 0

    def begin(self) -> None:
        """Wait until every process of the trial is ready."""
        self.order.ready.touch()
        while not self.order.start.exists():
            time.sleep(0.01)  # another process's file is the only signal there is
        self.trips.total = 0

    def publish(self) -> None:
        """Empty the outbox, which holds nothing of others: processes prepare one by one."""
        relay, publisher = Relay(self.store, self.broker), self.broker.publisher()
        while relay.publish_some(publisher):
            pass
        relay.forget()

    def stamp(self) -> None:
        """Note what was committed since the last time."""
        count, self.through = self.through, 0
        if count:
            stamp(self.order.stamps, count)


def accept(trial: Trial) -> None:
    """Accept every message, each caller waiting for its answer."""
    files = BlobStore(Path(trial.order.folder) / "files", limit=100_000)
    records = Records(Rulebook.load())
    intake = Intake(trial.store, files, clock=clock, validator=records)
    messages = iter(content.ingoing(trial.order.process, trial.order.count))
    lock = threading.Lock()

    def caller() -> None:
        while True:
            with lock:
                message = next(messages, None)
            if message is None:
                return
            intake.accept(message)
            stamp(trial.order.stamps)

    callers = [threading.Thread(target=caller) for _ in range(CALLERS)]
    trial.begin()
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    intake.close()


def receive(trial: Trial) -> Role:
    """Handle what was accepted before, with the ward's records."""
    messages = content.ingoing(trial.order.process, trial.order.count)
    for part in _parts([journal.JournalEntry(it, encode(it), it.id) for it in messages]):
        with trial.store.write() as tx:
            journal.accept(tx, part, clock())
    trial.publish()
    records = Records(Rulebook.load())

    def handler(tx: Tx, message: Message, payload: Payload) -> Iterable[Message]:
        trial.through += 1
        return records(tx, message, payload)

    return Receive(
        trial.store,
        trial.broker,
        handler,
        clock=clock,
        on_commit=trial.stamp,
        together=records.together,
    )


def deliver(trial: Trial) -> Role:
    """Deliver what was said before, a lane each."""
    for part in _parts(content.outgoing(trial.order.process, trial.order.count)):
        with trial.store.write() as tx:
            emit(tx, part, clock())
    trial.publish()
    partner = Partner()

    def on_delivered(_tx: Tx, _message: Message, _receipt: Receipt) -> None:
        trial.through += 1

    settling = SettleContext(
        store=trial.store,
        destination=partner.name,
        traits=partner.traits,
        policy=RetryPolicy(),
        on_delivered=on_delivered,
        draw=random.Random(1),
    )
    admission = Admission(
        trial.store,
        partner.name,
        sorted(partner.traits.accepts),
        circuit.CircuitPolicy(),
        draw=random.Random(2),
    )
    return Deliver(
        trial.broker,
        partner,
        settling,
        admission=admission,
        clock=clock,
        on_commit=trial.stamp,
    )


def _parts(items: Sequence[ItemT]) -> Iterator[Sequence[ItemT]]:
    for first in range(0, len(items), AT_ONCE):
        yield items[first : first + AT_ONCE]


def main() -> None:
    """Prepare, wait for the start, work until told to stop."""
    order, stop = given(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    telemetry.setup(level="WARNING")
    # As a hub keeps to one CPU; here not the same one for two.
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpus[order.process % len(cpus)]})
    trial = Trial(order)
    if order.role == "accept":
        accept(trial)
    else:
        role = receive(trial) if order.role == "receive" else deliver(trial)
        trial.begin()
        role.start()
        stop.wait()
        role.stop()
    order.trips.write_text(str(trial.trips.total), encoding="ascii")
    stop.wait()
    trial.broker.close()
    trial.store.close()


if __name__ == "__main__":
    main()
