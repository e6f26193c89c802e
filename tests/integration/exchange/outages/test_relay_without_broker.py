"""Without a broker the relay waits outside of any transaction: nobody waits for its locks."""

import threading
from datetime import timedelta

import pytest

from hub.broker.memory import MemoryBroker
from hub.broker.rabbit.broker import RabbitBroker
from hub.exchange.outbox.relay import CONFIRM_WITHIN, Relay
from hub.ports import Broker
from hub.store.engine import connection_watchdog
from hub.store.engine.store import Store, Tx
from hub.store.messages import outbox

AWAY = "amqp://a:b@127.0.0.1:1/"


class Watched(threading.Event):
    """An event that notes how many connections to the database are in use when it is waited for."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.in_use: list[int] = []

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - nothing is waited for
        self.in_use.append(in_use(self.store))
        return True


def in_use(store: Store) -> int:
    """Return how many connections are in use now."""
    return store.engine.pool.checkedout()  # type: ignore[attr-defined, no-any-return]


def relay_with_a_row(store: Store, broker: Broker) -> tuple[Relay, Watched]:
    """Return a relay that has something to publish, and the event that it waits on."""
    store._notifier = None  # its thread uses a connection of its own, for a moment
    with store.write() as tx:
        outbox.put(tx, [outbox.ToPublish("deliver.provincial", "m-1", "ask", b"{}")])
    relay = Relay(store, broker)
    relay.stopping = watched = Watched(store)
    return relay, watched


def test_the_relay_pauses_outside_of_a_transaction(store: Store) -> None:
    """Neither the attempt to connect nor the pause after it holds rows of the outbox."""
    broker = RabbitBroker(AWAY)
    relay, watched = relay_with_a_row(store, broker)
    publisher = broker.publisher()
    before, dialled = in_use(store), list[int]()
    real = publisher.connect

    def connect(*, within: timedelta) -> None:
        dialled.append(in_use(store))
        real(within=min(within, timedelta(milliseconds=100)))

    publisher.connect = connect  # type: ignore[method-assign]
    assert relay.publish_some(publisher) == 0
    assert (dialled, watched.in_use) == ([before], [before])
    publisher.close()


def test_a_broker_that_goes_while_rows_are_in_hand_costs_no_sleep_in_the_transaction(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked ready and was not: the rows stay, and the pause comes after their locks."""
    broker = MemoryBroker()
    relay, watched = relay_with_a_row(store, broker)
    before = in_use(store)
    publisher = broker.publisher()
    head = outbox.head

    def then_it_goes(tx: Tx, limit: int, *, after: int = 0) -> list[outbox.OutboxRow]:
        found = head(tx, limit, after=after)
        broker.close()
        return found

    monkeypatch.setattr(outbox, "head", then_it_goes)
    assert relay.publish_some(publisher) == 0
    assert watched.in_use == [before]
    with store.read() as tx:
        assert outbox.backlog(tx) == 1


def test_the_wait_for_confirms_ends_long_before_the_server_ends_the_session() -> None:
    """Both in the relay's transaction: the longest it may be silent, and what the server allows."""
    assert CONFIRM_WITHIN * 2 <= connection_watchdog.LONGEST_PAUSE
    assert any(
        f"{connection_watchdog.LONGEST_PAUSE.total_seconds() * 1000:.0f}ms" in option
        for option in connection_watchdog.SESSION
    )
