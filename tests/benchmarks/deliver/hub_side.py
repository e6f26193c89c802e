"""The hub: one process with all its roles, its store on SQLite, its queues on RabbitMQ.

The deliveries are opened and asked for before the roles start, so the queue is full at the start.
A delivery counts when it is settled: the commit after the partner's reply.
"""

import signal
import threading
from dataclasses import replace

from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.broker.admin import declare
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox.loopback import free_port
from hub.exchange.delivery.deliver import Deliver
from hub.exchange.outbox.emit import emit
from hub.exchange.outbox.relay import Relay
from hub.messages.catalog import PROVINCIAL
from hub.messages.envelope import Message
from hub.ports import Receipt
from hub.settings import Settings
from hub.store.engine.store import Tx
from tests.benchmarks.deliver.order import AGENCY, THREADS, Order, given
from tests.benchmarks.stamps import stamp

TOGETHER = 500
"""Deliveries opened in one transaction."""


def settings_for(order: Order) -> Settings:
    """Return the hub's settings."""
    return Settings(
        data_dir=order.data_dir or order.folder,
        database_url=order.database_url,
        broker_url=order.broker_url,
        broker_management_url=order.management_url,
        http_port=free_port(),
        province_url=order.province_url,
        province_username=order.username,
        province_password=order.password,
        province_agency=AGENCY,
        concurrency=THREADS,
        log_level="WARNING",
    )


def fill(hub: Hub, order: Order) -> None:
    """Open every delivery and publish the asks."""
    declare.apply(TOPOLOGY, order.broker_url, order.management_url)
    messages = list(order.messages())
    for first in range(0, len(messages), TOGETHER):
        with hub.store.write() as tx:
            emit(tx, messages[first : first + TOGETHER], hub.clock())
    publisher, relay = hub.broker.publisher(), Relay(hub.store, hub.broker)
    while relay.publish_some(publisher):
        pass
    relay.forget()
    publisher.close()


def note_settled(hub: Hub, order: Order) -> None:
    """Have every settled delivery noted, after its commit."""
    (role,) = (r for r in hub.roles if isinstance(r, Deliver) and r.destination.name == PROVINCIAL)
    tell, delivered, settled = role.on_commit, role.settling.on_delivered, [0]

    def on_delivered(tx: Tx, message: Message, receipt: Receipt) -> None:
        delivered(tx, message, receipt)
        settled[0] += 1

    def on_commit() -> None:
        count, settled[0] = settled[0], 0
        if count:
            stamp(order.stamps, count)
        tell()

    role.settling = replace(role.settling, on_delivered=on_delivered)
    role.on_commit = on_commit


def main() -> None:
    """Deliver, then wait to be told to stop."""
    order, stop = given(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    hub = build(settings_for(order), sources=())
    fill(hub, order)
    note_settled(hub, order)
    hub.start()
    stop.wait()
    hub.stop()


if __name__ == "__main__":
    main()
