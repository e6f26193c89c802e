"""A stop is no death: whoever has to leave a lone try without a result says so."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy.exc import OperationalError

from hub.exchange.isolation.shutdown_markers import ShutdownMarkers
from hub.messages import payloads as p
from hub.messages import queues
from hub.messages.envelope import Message
from hub.ports import Consumer
from hub.store.engine.store import Tx
from hub.store.messages import isolated_attempts
from hub.store.records import dossiers
from tests.integration.poison.test_poison_guard import (
    OTHER,
    Died,
    accepted,
    dies_of,
    goes_away,
    gone,
    incoming,
    marks,
    parked,
)
from tests.support.ward import Ward, open_ward, reception


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store of either kind."""
    url = request.getfixturevalue("migrated_postgres_url") if request.param == "postgresql" else ""
    with open_ward(tmp_path, url) as opened:
        opened.receive.crash_pause = 0
        yield opened


@pytest.fixture
def consumer(ward: Ward) -> Consumer:
    """What the messages came through."""
    return ward.broker.consumer(queues.INGEST, prefetch=100)


def stopped_while_away(
    ward: Ward, consumer: Consumer, message: Message, count: int, patch: pytest.MonkeyPatch
) -> None:
    """Handle a message; the store goes away during it, and then the hub is stopped."""

    def turns() -> Iterator[int]:
        for turn in range(100):
            if turn == 5:
                ward.receive.request_stop()
            yield turn

    with patch.context() as during:
        goes_away(ward, turns(), during)
        ward.receive.handle(consumer, [incoming(message, count)])
    ward.receive.stopping.clear()


def test_stops_while_the_store_is_away_park_nothing(
    ward: Ward, consumer: Consumer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start on this machine withdraws the mark, as often as it was a stop."""
    message = accepted(ward, reception())
    for count in (3, 4, 5):
        stopped_while_away(ward, consumer, message, count, monkeypatch)
        assert marks(ward, message) == [1]
        ward.receive.poison_guard.load()  # as at the next start
        assert marks(ward, message) == [0]
    assert list((tmp_path / "stopped").iterdir()) == []
    ward.receive.handle(consumer, [incoming(message, 6)])
    assert (parked(ward), marks(ward, message)) == ([], [0])
    assert ward.dossier().status is p.Status.ACCEPTED


def test_a_stop_excuses_no_death(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the one before it nor those after it: two deaths alone are two."""
    message = accepted(ward, reception())
    with monkeypatch.context() as during:
        dies_of(ward, message, during)
        with pytest.raises(Died):
            ward.receive.handle(consumer, [incoming(message, 3)])
    stopped_while_away(ward, consumer, message, 4, monkeypatch)
    ward.receive.poison_guard.load()  # as at the next start
    assert marks(ward, message) == [1]
    dies_of(ward, message, monkeypatch)
    with pytest.raises(Died):
        ward.receive.handle(consumer, [incoming(message, 5)])
    ward.receive.poison_guard.load()
    assert marks(ward, message) == [2]
    ward.receive.handle(consumer, [incoming(message, 6)])
    assert parked(ward) == [(message.id, "handler_killed")]


def test_a_lone_try_that_outlasts_the_stop_has_killed_nobody(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for something, as for somebody's lock, and ends with the process."""
    message = accepted(ward, reception())
    with ward.store.write() as tx:
        for _ in range(3):
            isolated_attempts.find(tx, [message.id])
    ward.relay.publish_some(ward.broker.publisher())
    real, entered, freed = ward.receive.handler, threading.Event(), threading.Event()

    def handle(tx: Tx, one: Message, payload: p.Payload) -> Iterable[Message]:
        entered.set()
        assert freed.wait(30)
        return real(tx, one, payload)

    monkeypatch.setattr(ward.receive, "handler", handle)
    monkeypatch.setattr(ward.receive, "stop_within", 0.05)
    monkeypatch.setattr(ward.receive, "last_word_within", 0.5)
    ward.receive.start()
    thread = ward.receive.thread
    assert thread is not None
    assert entered.wait(20)
    assert marks(ward, message) == [1]
    ward.receive.stop()
    left = ShutdownMarkers(tmp_path / "stopped", "message").left()
    # SQLite cannot be told while the try holds its one writer: the next start tells it.
    assert marks(ward, message) == ([0] if ward.store.name == "postgresql" else [1])
    told = [(marker.key, marker.number) for marker in left]
    assert told == ([] if ward.store.name == "postgresql" else [(message.id, 1)])
    freed.set()
    thread.join(20)
    assert (parked(ward), marks(ward, message)) == ([], [0])


def test_messages_without_an_id_have_marks_of_their_own(
    ward: Ward, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another system published without one must not park its neighbour."""
    bad, good = (
        accepted(ward, reception()),
        accepted(ward, structs.replace(reception(), number=OTHER)),
    )
    nameless = [structs.replace(incoming(one, 3), message_id="") for one in (bad, good)]
    with monkeypatch.context() as during:
        dies_of(ward, bad, during)
        for _ in range(2):
            with pytest.raises(Died):
                ward.receive.handle(consumer, nameless)
    ward.receive.handle(consumer, nameless[::-1])
    assert parked(ward) == [(bad.id, "handler_killed")]
    with ward.store.read() as tx:
        assert dossiers.get(tx, OTHER, lock=False) is not None


def test_a_stop_while_the_begin_is_unanswered_is_no_death(
    ward: Ward, consumer: Consumer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is stored, the answer to its commit is lost, and the hub is stopped."""
    message = accepted(ward, reception())
    write, lost = ward.store.write, threading.Event()

    @contextmanager
    def unanswered() -> Iterator[Tx]:
        if lost.is_set():
            raise gone()
        with write() as tx:
            yield tx
        lost.set()
        ward.receive.request_stop()
        raise gone()

    with monkeypatch.context() as during:
        during.setattr(ward.store, "write", unanswered)
        with pytest.raises(OperationalError):  # the role ends with it
            ward.receive.handle(consumer, [incoming(message, 3)])
    assert (lost.is_set(), marks(ward, message)) == (True, [1])
    ward.receive.poison_guard.load()  # as at the next start
    assert marks(ward, message) == [0]
    assert list((tmp_path / "stopped").iterdir()) == []


def test_a_stop_of_the_last_release_is_no_death(ward: Ward, tmp_path: Path) -> None:
    """Its marker has another name; it excuses the stop that it was left for, and nothing else."""
    message, other = accepted(ward, reception()), "another message"
    with ward.store.write() as tx:
        isolated_attempts.begin(tx, message.id, number=1)
        isolated_attempts.begin(tx, other, number=2)
    folder = tmp_path / "stopped"
    folder.mkdir()
    (folder / sha256(message.id.encode()).hexdigest()).write_text("1", encoding="ascii")
    (folder / sha256(other.encode()).hexdigest()).write_text("1", encoding="ascii")
    ward.receive.poison_guard.load()
    assert marks(ward, message) == [0]
    assert ward.receive.poison_guard.crashes(other) == 2
    assert list(folder.iterdir()) == []
