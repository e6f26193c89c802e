"""An account that lost its right: one finding and a pause, no dead dossier; then all goes out."""

from datetime import timedelta

import pytest

from hub.broker.memory import MemoryBroker
from hub.rules.failures.errors import NotAttempted
from hub.store.engine.store import Store
from hub.store.repair import tasks
from tests.support.partners.partner import Partner
from tests.support.works import step, working


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


def test_a_right_that_is_missing_is_one_finding_and_nothing_dies(store: Store) -> None:
    """Twenty dossiers wait without using attempts, and all go out when the right is there."""
    soon = timedelta(milliseconds=10)
    denied = NotAttempted("partner_forbidden", "HTTP 403, under a new login too", retry_after=soon)
    broker, partner = MemoryBroker(), Partner([denied] * 6, concurrency=4)

    def found() -> list[str]:
        with store.read() as tx:
            return [it.subject for it in tasks.still_open(tx)]

    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(20)))
        works.wait(lambda _: found() == ["partner_forbidden"])
        works.wait_delivered(20)
    assert (partner.doubled(), len(partner.ledger)) == (0, 20)
    broker.close()
