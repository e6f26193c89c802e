"""Admission: what may go is claimed and the rest set aside, in one transaction of the claim."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.exchange.admission.admission import Admission, Admitted
from hub.exchange.admission.circuits import Capacity
from hub.exchange.admission.pause_registry import PERSONS_EVERY
from hub.exchange.delivery.claim import Claim
from hub.exchange.outbox.emit import emit
from hub.messages.envelope import Message
from hub.operations.deliveries import pausing
from hub.ports import Incoming
from hub.rules.calls.call_limits import CallLimits, Quota
from hub.rules.failures.errors import NotAttempted
from hub.store.deliveries import claim_and_settle, pauses
from hub.store.deliveries.transitions import Claimed
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries
from hub.texts import both
from tests.support.circuits import OF_ENTRY, POLICY, A, B
from tests.support.works import AT, record, step

TO = "provincial"
MANY = Quota(**OF_ENTRY, calls=2)  # type: ignore[arg-type]
BATCH = [record(1, 1), step(2, 1), record(3, 1), step(4, 1)]
"""Deliveries 1 to 4: operations A, B, A, B."""


def admission(store: Store, *quotas: Quota) -> Admission:
    """Return the admission of the province for its two operations."""
    limits = CallLimits(quotas=quotas)
    return Admission(store, TO, [A, B], POLICY, limits=limits, draw=random.Random(1))


def work_of(messages: Sequence[Message]) -> dict[int, Incoming]:
    """Return the work messages of deliveries that were opened in this order."""
    return {
        n: Incoming(body=b"", message_id=message.id, type=message.type, tag=n, session=1)
        for n, message in enumerate(messages, 1)
    }


@pytest.fixture
def work(store: Store) -> dict[int, Incoming]:
    """The work of four deliveries that are due."""
    with store.write() as tx:
        emit(tx, BATCH, AT)
    return work_of(BATCH)


def claim(store: Store, it: Admission, work: dict[int, Incoming]) -> Admitted:
    """Have the admission choose, and claim what it lets go."""
    with store.write() as tx:

        def claim_some(ids: Sequence[int]) -> list[Claimed]:
            lease = AT + timedelta(hours=1)
            return claim_and_settle.claim_and_start(tx, ids, TO, now=AT, lease_until=lease)

        return it.claim_admitted(tx, work, AT, claim=claim_some)


def set_aside(store: Store) -> list[int]:
    """Return the deliveries that are not enqueued any more."""
    column = deliveries.c
    with store.read() as tx:
        rows = sa.select(column.id).where(column.asked_at.is_(None), column.state == "pending")
        return sorted(tx.execute(rows).scalars())


def forbid(it: Admission, operation: str) -> None:
    """Have the partner refuse an operation to our account: it is paused at once."""
    permit = it.acquire(operation)
    it.finished(permit, NotAttempted("partner_forbidden"), dossier="D", now=AT)


def test_without_a_pause_or_a_quota_all_may_go_and_no_store_is_read(store: Store) -> None:
    """The claim is then one statement: a store that is closed is not noticed within a second.

    Once a second it is read what persons have paused.
    """
    closed = Store("sqlite:////nowhere/hub.db")
    closed.close()
    it = admission(store)
    assert it.capacity(AT).width is None
    it.pauses.store = closed
    assert it.may_all_go(work_of(BATCH), AT)
    assert it.capacity(AT).width is None
    assert it.veto(it.acquire(A), AT) is None


def test_what_a_person_paused_while_the_loop_waited_is_not_claimed(
    store: Store, work: dict[int, Incoming]
) -> None:
    """The loop asks before it waits for work; the claim, long after, asks again."""
    it = admission(store)
    assert it.capacity(AT).width is None
    later = AT + pausing.IN_FORCE
    pausing.pause(
        store,
        TO,
        A,
        until=AT + timedelta(hours=1),
        expected=None,
        by={"actor": "Trần Thị Bình", "reason": "bảo trì", "now": AT},
    )
    claimed = Claim(store, TO, admission=it, lease=timedelta(hours=1)).claim_due(work, later)
    assert [one.id for one in claimed.claims] == [2, 4]
    assert set_aside(store) == [1, 3]


def test_a_pause_is_in_force_after_the_longest_wait_for_work() -> None:
    """A process that has claims in hand hears of it when its loop goes round."""
    waits = Capacity(None).wait(AT) + PERSONS_EVERY
    assert waits < pausing.IN_FORCE


def test_the_words_of_a_pause_name_the_time_until_it_is_in_force() -> None:
    """A person relies on them."""
    assert timedelta(seconds=5) == pausing.IN_FORCE
    words = {"operation": "x", "partner": "x", "until": "x"}
    for name in ("pauses.paused", "pauses.resumed", "console.drain_begins"):
        vi, en = both(name, **({} if name == "console.drain_begins" else words))
        assert ("năm giây" in vi, "five seconds" in en) == (True, True)


def test_a_paused_operation_is_set_aside_and_the_other_goes(
    store: Store, work: dict[int, Incoming]
) -> None:
    """Its pause is in the store with the same commit; both claims are made."""
    it = admission(store)
    forbid(it, A)
    assert not it.may_all_go(work, AT)
    admitted = claim(store, it, work)
    assert ([claimed.id for claimed in admitted.claims], admitted.aside) == ([2, 4], True)
    assert set_aside(store) == [1, 3]
    with store.read() as tx:
        assert [pause.operation for pause in pauses.active(tx, TO, now=AT)] == [A]


def test_a_quota_lets_go_what_it_has_room_for_and_pauses_the_rest(
    store: Store, work: dict[int, Incoming]
) -> None:
    """Two calls an hour: the first two are claimed, and nothing more is taken from the queue."""
    it = admission(store, MANY)
    assert it.capacity(AT).width is None
    assert not it.may_all_go(work, AT)
    admitted = claim(store, it, work)
    assert (admitted.going, admitted.aside) == ([1, 2], True)
    assert set_aside(store) == [3, 4]
    assert it.capacity(AT).width == 0


def test_a_pause_of_an_earlier_process_is_gone_on_with(store: Store) -> None:
    """Published with the capacity, adopted at the start: a restart calls nobody earlier."""
    before = admission(store)
    forbid(before, A)
    forbid(before, B)
    capacity = before.capacity(AT)
    after = admission(store)
    after.adopt(AT)
    assert (after.capacity(AT).width, after.capacity(AT).until) == (0, capacity.until)
