"""How often a group of accepted messages asks PostgreSQL, whatever its size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from hub.exchange.intake.accept import Intake
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import encode
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.messages.blobs import BlobStore
from tests.benchmarks.stores.trips import Counter
from tests.support.ward import MONDAY, progress, town
from tests.support.works import now

pytestmark = pytest.mark.postgres
BEGIN_AND_COMMIT = 2


@pytest.fixture
def intake(migrated_postgres_url: str, tmp_path: Path) -> Iterator[Intake]:
    """An intake whose relay works in its own process, so that nobody has to be told of its rows."""
    store = Store(migrated_postgres_url, notify_listeners=False)
    made = Intake(store, BlobStore(tmp_path, limit=1), clock=now)
    yield made
    made.close()
    store.close()


def entries(payload: p.Payload, source: str, count: int) -> list[journal.JournalEntry]:
    """Return the same said of so many dossiers, each told for the first time."""
    made = []
    for n in range(count):
        about = structs.replace(payload, number=f"000.99.01.H57-180806-{n:04d}")
        message = catalog.compose(about, time=MONDAY, source=source)
        made.append(journal.JournalEntry(message, encode(message), message.id))
    return made


@pytest.mark.parametrize("count", [1, 60])
def test_a_group_asks_postgresql_once_for_its_messages(intake: Intake, count: int) -> None:
    """Inbox, journal and outbox are written by one statement, whatever the size of the group."""
    counter = Counter()
    counter.watch(intake.store)
    answers = intake._commit(entries(progress(p.Status.PROCESSING, 1), "test", count))
    assert [answer.duplicate for answer in answers] == [False] * count
    assert counter.total == BEGIN_AND_COMMIT + 1


@pytest.mark.parametrize("count", [1, 60])
def test_a_group_asks_postgresql_twice_for_its_evidence(intake: Intake, count: int) -> None:
    """The chain's head is locked, then the rows and the head are written by one statement."""
    counter = Counter()
    counter.watch(intake.store)
    intake._commit(entries(town(1, p.TownStep.ACCEPTED), catalog.TOWN_CENTER, count))
    assert counter.total == BEGIN_AND_COMMIT + 1 + 2
