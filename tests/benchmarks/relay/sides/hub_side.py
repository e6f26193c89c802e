"""The hub: its own roles, receive and relay, on its own store and broker.

The handler says one message to the province for each that comes in, as the records' handler does,
but looks up no dossier: no peer does that either.
"""

import signal
import threading
from collections.abc import Iterable
from datetime import UTC, datetime

import pika

from hub.broker.rabbit.broker import RabbitBroker
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.identifiers import derive_id
from hub.messages.payloads import DossierProgressed, Payload, ProvinceProgress
from hub.ports import Publisher
from hub.runtime.process.cpu_affinity import one_cpu
from hub.runtime.process.garbage_collection import keep_what_is_loaded
from hub.store.engine.store import Store, Tx
from hub.store.schema.migrate import migrate
from tests.benchmarks.relay.assignment import assigned
from tests.benchmarks.stamps import stamp


def handle(_tx: Tx, message: Message, payload: Payload) -> Iterable[Message]:
    """Tell the province of a step."""
    if not isinstance(payload, DossierProgressed):
        raise TypeError(f"{message.type} is no part of this benchmark")
    step = ProvinceProgress(
        number=payload.number,
        version=1,
        status=payload.status,
        at=payload.at,
        officer=payload.officer,
        unit=payload.unit,
        text=payload.note,
    )
    yield catalog.compose(
        step,
        time=message.time,
        source="records",
        id=derive_id(message.id, "province"),
        correlation_id=message.correlation_id,
        causation_id=message.id,
    )


class StampedRelay(Relay):
    """The relay, noting what is through."""

    def publish_some(self, publisher: Publisher) -> int:
        count = super().publish_some(publisher)
        if count:
            stamp(assigned().stamps, count)
        return count


def wire(body: bytes, id: str) -> tuple[pika.BasicProperties, bytes]:
    """Return a message as the hub's relay sends it."""
    properties = pika.BasicProperties(
        content_type="application/json", message_id=id, type="dossier.progressed", delivery_mode=2
    )
    return properties, body


def main() -> None:
    """Work until told to stop."""
    here = assigned()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    store = Store(f"sqlite:///{here.database}")
    migrate(store)
    broker = RabbitBroker(here.url)
    relay = StampedRelay(store, broker)
    receive = Receive(
        store, broker, handle, clock=lambda: datetime.now(UTC), on_commit=relay.wakeup.wake
    )
    keep_what_is_loaded()  # as `Hub.start` does
    with one_cpu():
        relay.start()
        receive.start()
    stop.wait()
    receive.stop()
    relay.stop()
    broker.close()
    store.close()


if __name__ == "__main__":
    main()
