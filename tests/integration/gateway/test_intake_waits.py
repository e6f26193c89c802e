"""The wait for an acceptance has an end, and telling the same again is safe whatever came of it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.exchange.intake.accept import Intake
from hub.messages.envelope import Message, decode
from hub.ports import AcceptanceUnknown
from hub.store.engine.sqlite_writer import CommitUnknown
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.monitoring import work_counts
from tests.support.works import now

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.progressed.v1.json"


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store: its writers wait for one another."""
    return sqlite_store


@pytest.fixture
def intake(store: Store, tmp_path: Path) -> Iterator[Intake]:
    """The way in, which waits for a twentieth of a second."""
    made = Intake(store, BlobStore(tmp_path / "files"), clock=now)
    made.wait_at_most = timedelta(milliseconds=50)
    yield made
    made.close()


@pytest.fixture
def message() -> Message:
    """A message of a counter."""
    return decode(EXAMPLE.read_bytes())


def unhandled(store: Store) -> int:
    """Return how many messages are stored and wait."""
    with store.read() as tx:
        return work_counts.unhandled_count(tx)


def test_a_sender_that_was_told_not_known_tells_it_again_and_it_is_stored_once(
    store: Store, intake: Intake, message: Message
) -> None:
    """The first telling went through after all: the second one gets its answer."""
    written = threading.Event()
    intake.on_commit = written.set
    with store.write(), pytest.raises(AcceptanceUnknown):
        intake.accept(message)
    assert written.wait(20)
    intake.wait_at_most = timedelta(seconds=20)
    again = intake.accept(message)
    assert (again.message_id, again.duplicate, unhandled(store)) == (message.id, True, 1)


def test_a_commit_whose_end_nobody_saw_is_told_as_not_known(
    store: Store, intake: Intake, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as "nothing was accepted": the disk may have taken it."""

    def unseen(_: object) -> object:
        raise CommitUnknown("no commit within 60 s")

    monkeypatch.setattr(intake, "_commit", unseen)
    with pytest.raises(AcceptanceUnknown):
        intake.accept(message)
    assert unhandled(store) == 0
