"""The outbox listener on a real PostgreSQL: what wakes it, and what a bad line costs."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from hub.bootstrap.build import build
from hub.bootstrap.installation import open_store
from hub.broker.memory import MemoryBroker
from hub.drill.sandbox import loopback
from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.exchange.outbox.relay import Relay
from hub.messages.queues import INGEST
from hub.settings import WORKING_ROLES, Settings
from hub.store.engine import notifier, outbox_listener
from hub.store.engine.outbox_listener import OutboxListener
from hub.store.engine.store import Store
from hub.store.messages import outbox
from tests.support.network.broker_talk import WITHIN, take
from tests.support.network.tcp_proxy import TcpProxy

pytestmark = pytest.mark.postgres
PATIENCE = timedelta(milliseconds=800)
NEVER = 3600.0


class Listener:
    """A listener on a line of its own; keeps for each wake-up how many lines it had had by then."""

    def __init__(self, url: str) -> None:
        self.store = Store(url, patience=PATIENCE)
        self.lines: list[psycopg.Connection] = []
        self.wakeups: list[int] = []
        self._changed = threading.Condition()
        sa.event.listen(self.store.engine, "connect", lambda line, _: self.lines.append(line))
        self.listener = OutboxListener(self.store, self._wake)

    def _wake(self) -> None:
        with self._changed:
            self.wakeups.append(len(self.lines))
            self._changed.notify_all()

    def wait_for_wakeup(self, number: int) -> None:
        """Wait until it was woken for the first, second, ... time."""
        self._wait(lambda: len(self.wakeups) >= number)

    def wait_for_line(self, number: int) -> None:
        """Wait until it listens on its first, second, ... line."""
        self._wait(lambda: number in self.wakeups)

    def _wait(self, true: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(true, WITHIN.total_seconds())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken line is made anew at once; only NOTIFY wakeups, unless a test wants it asked."""
    monkeypatch.setattr(outbox_listener, "AGAIN_AFTER", 0.05)
    monkeypatch.setattr(outbox_listener, "POLL_EVERY", NEVER)
    monkeypatch.setattr(outbox_listener, "LISTEN_FOR", 0.05)


@pytest.fixture
def line(postgres_server: PrivatePostgres) -> Iterator[TcpProxy]:
    """The network between the relay and the database."""
    with TcpProxy("127.0.0.1", postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def writer(migrated_postgres_url: str) -> Iterator[Store]:
    """Another process, on a good line."""
    made = Store(migrated_postgres_url)
    yield made
    made.close()


@pytest.fixture
def listener(line: TcpProxy, writer: Store, migrated_postgres_url: str) -> Iterator[Listener]:
    """A listener, on the other side of the network."""
    made = Listener(line.instead_of(migrated_postgres_url))
    made.listener.start()
    made.wait_for_line(1)
    yield made
    made.listener.stop()
    made.store.close()


@pytest.fixture
def heard(migrated_postgres_url: str) -> Iterator[Callable[[], list[str]]]:
    """Tells what was said on the channel since the last call, in the order of the commits."""
    address = sa.make_url(migrated_postgres_url).set(drivername="postgresql")
    plain = address.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute(f"LISTEN {notifier.CHANNEL}")

        def until_now() -> list[str]:
            other.execute(f"NOTIFY {notifier.CHANNEL}, 'until now'")
            said: list[str] = []
            for notice in other.notifies(timeout=WITHIN.total_seconds()):
                if notice.payload == "until now":
                    return said
                said.append(notice.payload)
            pytest.fail("the server has forgotten its own word")

        yield until_now


def say(store: Store, id: str = "m-1") -> None:
    """Put a message into the outbox and commit."""
    with store.write() as tx:
        outbox.put(tx, [outbox.ToPublish(INGEST, id, "dossier.received", b"{}")])


def listening() -> list[threading.Thread]:
    """Return the listeners' threads that live."""
    return [thread for thread in threading.enumerate() if thread.name == "outbox listener"]


def test_a_commit_of_another_process_rings(listener: Listener, writer: Store) -> None:
    """Each time, and it does not wait for anything but the commit."""
    for number in (2, 3, 4):  # the first was that it listens
        say(writer)
        listener.wait_for_wakeup(number)


def test_what_is_rolled_back_rings_nobody(
    listener: Listener, writer: Store, heard: Callable[[], list[str]]
) -> None:
    """And what is not committed yet neither; the commit after it wakeups once."""
    with pytest.raises(ZeroDivisionError), writer.write() as tx:
        outbox.put(tx, [outbox.ToPublish(INGEST, "m-1", "dossier.received", b"{}")] * 3)
        assert heard() == []
        raise ZeroDivisionError
    assert heard() == []
    say(writer)
    writer.close()
    assert heard() == [""]
    # our first line, three times "until now", the one commit
    listener.wait_for_wakeup(5)
    listener.listener.stop()
    assert len(listener.wakeups) == 5


def test_a_line_that_went_silent_is_noticed_and_made_anew(
    listener: Listener, line: TcpProxy, writer: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half open: no word comes and no end either. It asks, nobody answers, the line is cut; on the
    next one it is rung as ever."""
    line.go_dead()
    say(writer)  # lost on the way
    monkeypatch.setattr(outbox_listener, "POLL_EVERY", 0.1)
    listener.wait_for_line(2)
    monkeypatch.setattr(outbox_listener, "POLL_EVERY", NEVER)
    before = len(listener.wakeups)
    for more in (1, 2):  # one ring may still be that of a question
        say(writer)
        listener.wait_for_wakeup(before + more)


def test_what_came_while_the_line_was_cut_rings_when_there_is_a_new_one(
    listener: Listener, line: TcpProxy, writer: Store
) -> None:
    """Nobody heard it; so whoever begins to listen is rung first."""
    with line.blocked():
        say(writer)
        assert 2 not in listener.wakeups
    listener.wait_for_line(2)
    before = len(listener.wakeups)
    say(writer)
    listener.wait_for_wakeup(before + 1)


def test_a_server_that_ends_the_session_is_listened_to_again(
    listener: Listener, writer: Store
) -> None:
    """As at a restart, or by an operator's word."""
    with writer.write() as tx:
        tx.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN %'"
            )
        )
    listener.wait_for_line(2)


def test_a_lost_ring_costs_no_more_than_the_relays_own_look(
    line: TcpProxy, writer: Store, migrated_postgres_url: str
) -> None:
    """The line is silent and nobody notices: what was said goes out all the same."""
    store = Store(line.instead_of(migrated_postgres_url), patience=PATIENCE)
    broker = MemoryBroker()
    relay = Relay(store, broker, poll=0.1, listens=True)
    consumer = broker.consumer(INGEST, prefetch=10)
    say(writer, "before")
    relay.start()
    try:
        consumer.ack(take(consumer, 1))
        line.go_dead()
        say(writer, "after")
        while take(consumer, 1)[0].message_id != "after":
            pass  # the first one once more: that it went could not be written down
    finally:
        relay.stop()
        store.close()


def test_stopping_ends_the_thread_and_closes_the_line(listener: Listener) -> None:
    """It does not go back into the pool, where it would go on listening. Also a second time."""
    assert len(listening()) == 1
    listener.listener.stop()
    listener.listener.stop()
    assert listening() == []
    assert [line.closed for line in listener.lines] == [True]


def test_stopping_while_the_line_is_away_ends_the_thread(
    listener: Listener, line: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits to try again, and is told not to."""
    monkeypatch.setattr(outbox_listener, "AGAIN_AFTER", NEVER)
    with line.blocked():
        listener.listener.stop()
        assert listening() == []


@pytest.mark.parametrize(
    ("roles", "wakeups"),
    [(",".join(WORKING_ROLES), False), ("relay,timer", False), ("receive,timer", True)],
)
def test_only_a_process_without_a_relay_of_its_own_rings_through_the_database(
    roles: str,
    wakeups: bool,
    heard: Callable[[], list[str]],
    migrated_postgres_url: str,
    tmp_path: Path,
) -> None:
    """The others' commits ring theirs without it. A command wakeups, whatever the roles are."""
    settings = Settings(
        data_dir=str(tmp_path),
        database_url=migrated_postgres_url,
        broker_url="amqp://nobody:x@127.0.0.1:1/",
        roles=roles,
        http_port=loopback.free_port(),
    )
    hub = build(settings, sources=[])
    say(hub.store)
    hub.stop()
    assert heard() == [""] * wakeups
    command = open_store(settings)
    say(command)
    command.close()
    assert heard() == [""]
