"""The exchange: a delivery goes out once, in order, whatever the partner does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from hub import operations
from hub.broker.memory import MemoryBroker
from hub.exchange.housekeeping.requeue import rebuild
from hub.exchange.outbox.emit import emit
from hub.exchange.outbox.relay import Relay
from hub.messages import catalog, queues
from hub.ports import Outgoing, Receipt, Request
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import TransientFailure
from hub.store.deliveries import attempts, schedule, transitions
from hub.store.deliveries.attempts import Finished
from hub.store.engine.store import Store, Tx
from hub.store.evidence import handovers
from hub.store.messages import outbox
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import attempts as attempts_table
from hub.store.schema.tables.exchange import deliveries as table
from tests.support import works as works_module
from tests.support.partners.partner import BUSY, DOWN, DROPS_AFTER, DROPS_BEFORE, REFUSES, Partner
from tests.support.works import Works, now, number, record, step, working

HALF_A_SECOND = timedelta(milliseconds=500)


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store."""
    return sqlite_store


@pytest.fixture
def broker() -> Iterator[MemoryBroker]:
    """The in-process broker."""
    broker = MemoryBroker()
    yield broker
    broker.close()


def run(store: Store, broker: MemoryBroker, partner: Partner, count: int = 3) -> None:
    """Send `count` steps of one dossier and wait until all are delivered."""
    with working(store, broker, partner) as works:
        works.emit(*(step(1, version) for version in range(1, count + 1)))
        works.wait_delivered(count)
    assert partner.ledger == [(number(1), version) for version in range(1, count + 1)]


def test_a_quiet_day(store: Store, broker: MemoryBroker) -> None:
    """One call a delivery, in order."""
    partner = Partner()
    run(store, broker, partner)
    assert (partner.calls, partner.asked) == (3, 0)


def test_the_partner_is_down_and_comes_back(store: Store, broker: MemoryBroker) -> None:
    """Retries without effect do not overtake and do not double."""
    partner = Partner([DOWN, DOWN, BUSY])
    run(store, broker, partner)
    assert partner.calls == 6


def test_the_reply_is_lost_after_the_effect(store: Store, broker: MemoryBroker) -> None:
    """The partner is asked, says yes, and nothing is sent again."""
    partner = Partner([DROPS_AFTER])
    run(store, broker, partner)
    assert (partner.calls, partner.asked) == (3, 1)


def test_the_request_is_lost_before_the_effect(store: Store, broker: MemoryBroker) -> None:
    """The partner is asked, says no twice, and the same message is sent again."""
    partner = Partner([DROPS_BEFORE])
    run(store, broker, partner)
    assert partner.calls == 4
    assert partner.asked > 2  # early answers do not count, and one alone proves nothing


def test_our_own_fault_while_sending_is_an_unknown_effect(
    store: Store, broker: MemoryBroker
) -> None:
    """An unexpected exception in `send` is asked about, not repeated."""
    partner = Partner([RuntimeError("a bug of ours")])
    run(store, broker, partner)
    assert partner.calls == 4
    assert partner.asked > 2


def test_a_refusal_waits_for_a_person_and_holds_back_what_follows(
    store: Store, broker: MemoryBroker
) -> None:
    """The lane stays closed until the replay, then goes on in order; others are not stopped."""
    partner = Partner([REFUSES])
    with working(store, broker, partner) as works:
        works.emit(step(1, 1), step(1, 2))
        works.wait(lambda states: states == {S.DEAD: 1, S.HELD: 1})
        works.emit(step(2, 1))
        works.wait(lambda states: states.get(S.DELIVERED) == 1)
        with store.read() as tx:
            ((id, _, lane, state, code, detail),) = attention.stuck(tx)
        assert (lane, state, code, detail) == (number(1), "dead", "partner_refused", "not this one")
        operations.replay(store, id, actor="officer", reason="corrected there", now=now())
        works.relay.wakeup.wake()
        works.wait_delivered(3)
    assert partner.ledger == [(number(2), 1), (number(1), 1), (number(1), 2)]


def test_an_effect_that_nobody_can_prove_is_left_to_a_person(
    store: Store, broker: MemoryBroker
) -> None:
    """No find, no idempotence: never repeated; the person's word settles it."""
    partner = Partner([DROPS_AFTER], findable=False)
    with working(store, broker, partner) as works:
        works.emit(step(1, 1), step(1, 2))
        works.wait(lambda states: states == {S.AMBIGUOUS: 1, S.HELD: 1})
        with store.read() as tx:
            ((id, *_),) = attention.stuck(tx)
        found = operations.Resolution.DELIVERED
        operations.resolve(store, id, found, actor="o", reason="seen there", now=now())
        works.relay.wakeup.wake()
        works.wait_delivered(2)
    assert partner.calls == 2


def test_an_idempotent_partner_is_simply_called_again(store: Store, broker: MemoryBroker) -> None:
    """It promised to drop repeats of a message id."""
    partner = Partner([DROPS_BEFORE], findable=False, idempotent=True)
    run(store, broker, partner)
    assert partner.asked == 0


def test_old_data_is_not_sent_when_newer_data_stands_behind_it(
    store: Store, broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its retry an update that a newer one replaces is superseded; steps all arrive, and
    the first registration always does."""
    partner, later = Partner([DOWN]), timedelta()
    monkeypatch.setattr(works_module, "now", lambda: now() + later)
    with working(store, broker, partner) as works:
        works.emit(record(1, 1), record(1, 2))
        works.wait_delivered(2)
        partner.ledger.clear()
        partner.goes_wrong(TransientFailure("partner_busy", retry_after=timedelta(hours=1)))
        works.emit(record(1, 3), step(1, 4))
        works.wait(lambda states: S.WAITING in states)
        works.emit(record(1, 5))
        later = timedelta(hours=2)
        works.wait(lambda states: states == {S.DELIVERED: 4, S.SUPERSEDED: 1})
    assert [version for _, version in partner.ledger] == [4, 5]


def test_a_delivery_taken_by_hand_is_not_sent_any_more(store: Store, broker: MemoryBroker) -> None:
    """Recorded with who and why; what waits behind it goes on."""
    partner = Partner([REFUSES])
    with working(store, broker, partner) as works:
        works.emit(step(1, 1), step(1, 2))
        works.wait(lambda states: states == {S.DEAD: 1, S.HELD: 1})
        operations.deliver_by_hand(store, 1, actor="officer", reason="CV 12/UBND", now=now())
        works.relay.wakeup.wake()
        works.wait(lambda states: states == {S.BY_HAND: 1, S.DELIVERED: 1})
        with pytest.raises(transitions.StateConflict):
            operations.deliver_by_hand(store, 1, actor="officer", reason="again", now=now())
    assert partner.ledger == [(number(1), 2)]


def test_attempts_end_and_a_person_is_told(store: Store, broker: MemoryBroker) -> None:
    """A partner that stays down parks the delivery with code and words of the last cause."""
    partner = Partner([DOWN] * 6)
    with working(store, broker, partner) as works:
        works.emit(step(1, 1))
        works.wait(lambda states: states == {S.DEAD: 1})
        with store.read() as tx:
            code, cause = attention.stuck(tx)[0][4:]
            assert (code, cause.partition(":")[0]) == ("attempts_exhausted", "partner_unreachable")
    assert partner.calls == 6


def test_a_partner_that_loses_every_call_is_not_called_for_ever(
    store: Store, broker: MemoryBroker
) -> None:
    """It never has what was sent: after its attempts the delivery is dead, and nothing doubled."""
    partner = Partner([DROPS_BEFORE] * 6)
    with working(store, broker, partner) as works:
        works.emit(step(1, 1))
        works.wait(lambda states: states == {S.DEAD: 1})
        with store.read() as tx:
            assert attention.stuck(tx)[0][4] == "attempts_exhausted"
    assert (partner.calls, partner.ledger) == (6, [])
    assert partner.asked >= 12


class Deaf(Partner):
    """A partner that takes calls and answers no questions."""

    def find(self, request: Request) -> Receipt:  # noqa: ARG002
        """It fails."""
        self.asked += 1
        raise TransientFailure("reply_unreadable", "HTTP 302")


def test_questions_without_an_answer_come_later_and_later_and_are_shown(
    store: Store, broker: MemoryBroker
) -> None:
    """Each pause is longer than the one before; after ten a person sees it in `hub deliveries
    attention`."""
    partner = Deaf([DROPS_AFTER])
    works = Works(store, broker, partner)
    at = works_module.AT
    with store.write() as tx:
        emit(tx, [step(1, 1)], at)
        transitions.claim(tx, [1], "provincial", now=at, lease_until=at)
        attempts.start(tx, [(1, 1)], now=at)
        schedule.expire_leases(tx, now=at + HALF_A_SECOND)
    at += HALF_A_SECOND
    works.reconcile.clock = lambda: at
    waits = []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(10):
            with store.read() as tx:
                assert attention.stuck(tx) == []
            assert works.reconcile.query_some(pool) == 1
            with store.read() as tx:
                due = tx.execute(sa.select(table.c.next_attempt_at)).scalar_one()
            waits.append((due - at).total_seconds())
            at = due
    assert waits == [30, 60, 120, 240, 480, 600, 600, 600, 600, 600]
    with store.read() as tx:
        assert [row[:4] for row in attention.stuck(tx)] == [
            (1, "provincial", number(1), "ambiguous")
        ]


def test_a_question_is_evidence_under_its_own_operation_and_hash(
    store: Store, broker: MemoryBroker
) -> None:
    """Not under those of the call that it asks about: that call was made once."""
    partner = Partner([DROPS_AFTER])
    works = Works(store, broker, partner)
    at = works_module.AT
    with store.write() as tx:
        emit(tx, [step(1, 1)], at)
        transitions.claim(tx, [1], "provincial", now=at, lease_until=at)
        attempts.start(tx, [(1, 1)], now=at)
        schedule.expire_leases(tx, now=at + HALF_A_SECOND)
    works.reconcile.clock = lambda: at + HALF_A_SECOND
    with ThreadPoolExecutor(1) as pool:
        assert works.reconcile.query_some(pool) == 1
    request = partner.prepare(step(1, 1), catalog.read(step(1, 1)))
    question = partner.question(request)
    with store.read() as tx:
        (row,) = handovers.of_dossier(tx, number(1))
        kind = attempts_table.c.kind
        found = tx.execute(sa.select(attempts_table.c.request_hash).where(kind == "find"))
        assert found.scalars().all() == [question.digest]
    assert (row.kind, row.operation, row.request_hash) == (
        "find",
        question.operation,
        question.digest,
    )
    assert question.digest != request.digest


def test_the_broker_loses_everything(store: Store) -> None:
    """Queues emptied between publishing and delivering: rebuild asks again, nothing twice."""
    lost = MemoryBroker()
    partner = Partner()
    works = Works(store, lost, partner)
    works.emit(step(1, 1), step(1, 2), step(2, 1))
    works.relay.publish_some(lost.publisher())
    works.relay.forget()
    lost.close()
    fresh = MemoryBroker()
    with working(store, fresh, partner) as works:
        assert rebuild(store, clock=now) == {"messages": 0, "deliveries": 2}
        assert rebuild(store, clock=now)["messages"] == 0
        works.relay.wakeup.wake()
        works.wait_delivered(3)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 3)


def test_work_messages_doubled_a_hundred_times_have_one_effect(
    store: Store, broker: MemoryBroker
) -> None:
    """A queue message only asks; the row decides."""
    partner = Partner()
    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(20)))
        for _ in range(100):
            rebuild(store, clock=now)
        works.relay.wakeup.wake()
        works.wait_delivered(20)
    assert partner.calls == 20


def test_the_store_is_away_when_the_partner_has_answered(
    store: Store, broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt is kept and written down when the store is back; nobody is asked again."""
    partner = Partner()
    real, failures = attempts.finish, iter([True, True])

    def fail_twice(tx: Tx, ended: list[Finished]) -> None:
        if next(failures, False):
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        real(tx, ended)

    monkeypatch.setattr(attempts, "finish", fail_twice)
    run(store, broker, partner)
    assert (partner.calls, partner.asked) == (3, 0)


def test_what_waited_beyond_its_lease_is_not_sent(
    store: Store, broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine sleeps for an hour with claims in the pool: they are sent once, not twice."""
    asleep = [timedelta()]
    monkeypatch.setattr(works_module, "now", lambda: now() + asleep[0])
    partner = Partner(concurrency=1)
    partner.gate.clear()
    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(4)))
        assert partner.entered.acquire(timeout=10)
        works.wait(lambda states: states == {S.SENDING: 4})
        asleep[0] = timedelta(hours=1)
        works.wait(lambda states: S.SENDING not in states)  # the leases ran out
        partner.gate.set()
        works.wait_delivered(4)
    # only the call that was under way is beyond help
    assert partner.doubled() <= 1


def test_a_full_queue_does_not_stop_the_others(store: Store) -> None:
    """Rows for a queue that takes nothing more are left aside, whatever their number."""
    full = MemoryBroker(capacity=2)
    with store.write() as tx:
        for queue, count in (("deliver.town_center", 20), ("ingest.records", 2)):
            outbox.put(tx, [outbox.ToPublish(queue, f"m{n}", "", b"{}") for n in range(count)])
    relay, publisher = Relay(store, full, batch=5), full.publisher()
    for _ in range(6):
        relay.publish_some(publisher)
    relay.forget()
    assert full.depth("ingest.records") == 2
    with store.read() as tx:
        assert outbox.backlog(tx) == 18


def test_a_receipt_that_cannot_be_stored_stops_nobody_else(
    store: Store, broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its effect counts as unknown and is asked about; its neighbours are settled."""
    partner = Partner()
    real = Partner.send

    def strange(self: Partner, request: Request, *, not_after: float) -> Receipt:
        receipt = real(self, request, not_after=not_after)
        return Receipt(reference="\ud800") if request.number == number(2) else receipt

    monkeypatch.setattr(Partner, "send", strange)
    with working(store, broker, partner) as works:
        works.emit(*(step(n, 1) for n in range(5)))
        works.wait_delivered(5)
    assert (partner.calls, partner.asked) == (5, 1)


def test_many_dossiers_with_many_faults(store: Store, broker: MemoryBroker) -> None:
    """60 dossiers of 5 steps, every fifth call fails in one of four ways: none doubled, none
    overtaken, all there."""
    partner = Partner(list([DOWN, BUSY, DROPS_AFTER, DROPS_BEFORE] * 18), concurrency=8)
    with working(store, broker, partner) as works:
        for version in range(1, 6):
            works.emit(*(step(n, version) for n in range(60)))
        works.wait_delivered(300)
    assert (partner.doubled(), partner.overtaken(), len(partner.ledger)) == (0, 0, 300)


def test_a_work_message_that_asks_for_nothing_goes_aside_alone(
    store: Store, broker: MemoryBroker
) -> None:
    """Bytes that are no ask lie in hub.dead; the role goes on and delivers what is beside them."""
    partner = Partner()
    junk = [b"", b"[]", b"{}", b"\xff", b'{"delivery":"x"}', b'{"delivery":99999999999999999999}']
    publisher = broker.publisher()
    queue = queues.deliver_queue(partner.name)
    outgoing = [
        Outgoing(routing_key=queue, body=body, message_id=f"junk-{n}")
        for n, body in enumerate(junk)
    ]
    publisher.publish(outgoing, timeout=timedelta(seconds=5))
    run(store, broker, partner, count=1)
    dead = broker.consumer(queues.DEAD, prefetch=100)
    found = dead.receive(100, wait=timedelta(seconds=5))
    assert [message.body for message in found] == junk
    assert broker.depth(queue) == 0
