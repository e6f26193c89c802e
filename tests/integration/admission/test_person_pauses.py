"""What a person pauses waits, keeps its attempts, and goes on when the pause ends."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.broker.memory import MemoryBroker
from hub.operations.deliveries import pausing
from hub.operations.signed_by import SignedBy
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support.partners.partner import Partner
from tests.support.works import Works, now, record, step, working

HOUR = timedelta(hours=1)
BOTH = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of the engine that the test names."""
    on_postgres = request.param == "postgresql"
    made: Store = request.getfixturevalue("postgres_store" if on_postgres else "sqlite_store")
    return made


@pytest.fixture
def broker() -> Iterator[MemoryBroker]:
    """A broker in this process."""
    broker = MemoryBroker()
    yield broker
    broker.close()


def by() -> SignedBy:
    """Return who acts."""
    return {"actor": "Trần Thị Bình", "reason": "bảo trì", "now": now()}


def wait_for_pauses(works: Works[Partner], *operations: str) -> None:
    """Return when exactly these are paused for all to see."""

    def are_there(_: dict[str, int]) -> bool:
        works.deliver.wake()
        with works.store.read() as tx:
            listed = pauses.listed(tx, now=now())
        return sorted(it.pause.operation for it in listed) == sorted(operations)

    works.wait(are_there)


@BOTH
def test_a_paused_operation_waits_and_goes_on_after_the_end(
    store: Store, broker: MemoryBroker
) -> None:
    """The other operation of the partner goes out meanwhile; nothing is sent twice."""
    with working(store, broker, Partner()) as works:
        pausing.pause(
            store, "provincial", "province.progress", until=now() + HOUR, expected=None, by=by()
        )
        wait_for_pauses(works, "province.progress")
        works.emit(*(record(n, 1) for n in range(3)), *(step(n, 1) for n in range(3, 6)))
        works.wait(lambda states: states == {"delivered": 3, "pending": 3})
        with store.read() as tx:
            (found,) = pauses.paused_by_persons(tx, "provincial", now=now())
        pausing.resume(store, "provincial", "province.progress", expected=found.since, by=by())
        wait_for_pauses(works)
        works.wait_delivered(6)
        assert len(works.partner.ledger) == 6


@BOTH
def test_all_operations_of_a_partner_are_paused_until_the_end_that_was_set(
    store: Store, broker: MemoryBroker
) -> None:
    """The end comes by itself."""
    with working(store, broker, Partner()) as works:
        until = now() + timedelta(seconds=2)
        pausing.pause(store, "provincial", pausing.ALL, until=until, expected=None, by=by())
        wait_for_pauses(works, "province.dossier", "province.progress")
        works.emit(*(record(n, 1) for n in range(3)))
        works.wait_delivered(3)
        assert now() >= until
