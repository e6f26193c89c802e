"""Papers are taken out on PostgreSQL while others give some, or settle what stands before them."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import operations
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations import Papers
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.records import legs
from hub.store.schema.tables.exchange import deliveries as table
from tests.integration.records.test_supplement import asked, bring, lacking, supplements
from tests.support.database.blocked import wait_blocked
from tests.support.database.watched import after_each_statement
from tests.support.ward import NUMBER, Ward, open_ward, progress, town
from tests.support.works import now

pytestmark = pytest.mark.postgres
TOWN = "town_center"


@pytest.fixture
def ward(tmp_path: Path, migrated_postgres_url: str) -> Iterator[Ward]:
    """A ward on PostgreSQL, whose town has asked and was given one paper."""
    with open_ward(tmp_path, migrated_postgres_url) as opened:
        asked(opened)
        bring(opened, "BS-1")
        opened.accept(progress(p.Status.PROCESSING, hours=51))
        yield opened


class Aside:
    """Does something in a thread of its own, and keeps what went wrong."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.failures: list[Exception] = []
        self._work = work
        self.thread = threading.Thread(target=self._run)

    def finish(self) -> None:
        """Wait for its good end."""
        self.thread.join(20)
        assert (self.thread.is_alive(), self.failures) == (False, [])

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.failures.append(error)


def in_lane(ward: Ward) -> list[tuple[int, str, S]]:
    """Return (number, type, state) of what was said to the town."""
    query = sa.select(table.c.id, table.c.type, table.c.state).where(table.c.destination == TOWN)
    with ward.store.read() as tx:
        return [(row.id, row.type, S(row.state)) for row in tx.execute(query.order_by(table.c.id))]


def person(ward: Ward, id: int) -> Aside:
    """Return who will cancel a delivery and want its papers back."""
    return Aside(
        lambda: operations.cancel(
            ward.store, id, actor="officer", reason="by phone", now=now(), papers=Papers.BACK
        )
    )


def test_a_held_supplement_is_cancelled_while_its_hand_over_is_settled(ward: Ward) -> None:
    """Who settles has the leg and wants the held row; the person must not have that already."""
    (first, _, _), (second, _, _) = in_lane(ward)
    with ward.store.write() as tx:
        transitions.claim(tx, [first], TOWN, now=now(), lease_until=now())
    cancelling = person(ward, second)
    with ward.store.write() as tx:  # as `outcome` writes it
        transitions.deliver(tx, [(first, "TX-1")], now=now(), from_state=S.SENDING)
        legs.set_child(tx, NUMBER, "TX-1")
        cancelling.thread.start()
        assert wait_blocked(ward.store, cancelling.thread)
        transitions.release_followers(tx, TOWN, [NUMBER], now())
    cancelling.finish()
    assert [state for _, _, state in in_lane(ward)] == [S.DELIVERED, S.CANCELLED]
    assert lacking(ward) == [(1, True)]


def test_what_is_settled_while_a_held_supplement_is_cancelled_waits(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way round: the person was first."""
    (first, _, _), (second, _, _) = in_lane(ward)
    with ward.store.write() as tx:
        transitions.claim(tx, [first], TOWN, now=now(), lease_until=now())
    cancelling, moved, go = person(ward, second), threading.Event(), threading.Event()

    def stop(statement: str) -> None:
        if threading.current_thread() is cancelling.thread and "UPDATE deliveries" in statement:
            moved.set()
            assert go.wait(20)

    def settle() -> None:
        with ward.store.write() as tx:
            transitions.deliver(tx, [(first, "TX-1")], now=now(), from_state=S.SENDING)
            legs.set_child(tx, NUMBER, "TX-1")
            transitions.release_followers(tx, TOWN, [NUMBER], now())

    after_each_statement(monkeypatch, ward.store, stop)
    cancelling.thread.start()
    assert moved.wait(20)
    settling = Aside(settle)
    settling.thread.start()
    assert wait_blocked(ward.store, settling.thread)
    go.set()
    cancelling.finish()
    settling.finish()
    assert [state for _, _, state in in_lane(ward)] == [S.DELIVERED, S.CANCELLED]


def test_a_request_that_is_answered_in_the_same_moment_is_not_opened_again(ward: Ward) -> None:
    """The later supplement is looked for when nobody can say one any more, not before."""
    ward.accept(town(3, p.TownStep.AWAITING_SUPPLEMENT))
    bring(ward, "BS-2")
    id = in_lane(ward)[1][0]
    said, go = threading.Event(), threading.Event()
    handle = ward.receive.handler

    def handle_slowly(*args: Any) -> Iterable[Message]:
        found = handle(*args)
        said.set()
        assert go.wait(20)
        return found

    ward.receive.handler = handle_slowly
    receiving = Aside(lambda: ward.accept(progress(p.Status.PROCESSING, hours=80)))
    receiving.thread.start()
    assert said.wait(20)
    cancelling = person(ward, id)
    cancelling.thread.start()
    assert wait_blocked(ward.store, cancelling.thread)
    go.set()
    receiving.finish()
    cancelling.finish()
    assert lacking(ward) == [(1, False)]
    ward.accept(progress(p.Status.PROCESSING, hours=81))
    assert supplements(ward) == [["BS-1"], ["BS-2"]]
