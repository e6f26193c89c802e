"""The store keeps its promises on SQLite and on PostgreSQL: one suite for both."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.catalog import READERS
from hub.messages.envelope import Message
from hub.messages.invalid import InvalidMessage
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.conservation import balance, proof
from hub.store.deliveries import doubts, schedule, transitions
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages import journal, outbox
from hub.store.monitoring import attention, work_counts
from hub.store.records import early_messages
from hub.store.schema.tables.exchange import deliveries as delivery_table
from hub.store.schema.tables.exchange import journal as journal_table
from tests.support.works import number

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
PARTNERS = set(READERS.values())


def progress(n: int, step: int) -> Message:
    """Return a command to the province, the `step`-th of dossier `n`."""
    payload = p.ProvinceProgress(
        number=number(n),
        version=step,
        status=p.Status.PROCESSING,
        at=NOW + timedelta(minutes=step),
        officer="Lê Văn Thử",
        unit="Địa chính",
        text="",
    )
    return catalog.compose(payload, time=NOW, source="records", id=f"m-{n}-{step}")


def received(n: int, id: str) -> journal.JournalEntry:
    """Return the reception of dossier `n` as told under message id `id`."""
    body = (Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json").read_bytes()
    message = envelope.decode(
        body.replace(b"180806-0001", b"180806-%04d" % n).replace(b"0" * 32, id.encode())
    )
    return journal.JournalEntry(message, envelope.encode(message), f"dossier.received|{number(n)}")


def state_of(store: Store, message_id: str) -> S:
    """Return the state of a message's delivery."""
    c = delivery_table.c
    with store.read() as tx:
        query = sa.select(c.state).where(c.message_id == message_id)
        return S(tx.execute(query).scalar_one())


def open_deliveries(store: Store, *messages: Message) -> list[int]:
    """Say messages and return the delivery ids that are asked for."""
    with store.write() as tx:
        before = {row.seq for row in outbox.head(tx, 1000)}
        emit(tx, messages, NOW)
        rows = [row for row in outbox.head(tx, 1000) if row.seq not in before]
    return [int(row.message_id.removeprefix("d")) for row in rows]


def claim(store: Store, *ids: int, at: datetime = NOW) -> list[transitions.Claimed]:
    """Claim deliveries of the province with a lease of one minute."""
    with store.write() as tx:
        lease = at + timedelta(minutes=1)
        return transitions.claim(tx, ids, "provincial", now=at, lease_until=lease)


def test_the_same_thing_told_twice_is_accepted_once(store: Store) -> None:
    """The second telling, in the same batch or later, gets the first one's id."""
    with store.write() as tx:
        answers = journal.accept(tx, [received(1, "a" * 32), received(1, "b" * 32)], NOW)
    with store.write() as tx:
        answers += journal.accept(tx, [received(1, "c" * 32), received(2, "d" * 32)], NOW)
    with store.write() as tx:
        answers += journal.accept(tx, [received(2, "d" * 32)], NOW)
    assert [(a.message_id[0], a.duplicate) for a in answers] == [
        ("a", False),
        ("a", True),
        ("a", True),
        ("d", False),
        ("d", True),
    ]
    with store.write() as tx:
        assert [row.message_id[0] for row in outbox.head(tx, 10)] == ["a", "d"]


def test_a_batch_is_asked_for_in_the_order_in_which_it_came(store: Store) -> None:
    """Else the word that opens a dossier is handled behind what was said of it afterwards."""
    with store.write() as tx:
        entries = [received(n, f"{n:032x}") for n in (3, 1, 2)]
        journal.accept(tx, [*entries, entries[0]], NOW)
        assert [int(row.message_id, 16) for row in outbox.head(tx, 10)] == [3, 1, 2]


def test_a_message_is_taken_once_also_when_nobody_accepted_it(store: Store) -> None:
    """Taking is recording, marking and telling apart in one statement."""
    with store.write() as tx:
        journal.accept(tx, [received(1, "a" * 32)], NOW)
        foreign = received(2, "b" * 32)
        batch = [received(1, "a" * 32), foreign, foreign]
        assert journal.mark_handled(tx, batch, NOW) == {"a" * 32, "b" * 32}
    with store.write() as tx:
        assert journal.mark_handled(tx, batch, NOW) == set()


def test_a_rolled_back_transaction_leaves_nothing(store: Store) -> None:
    """Nothing is stored half."""
    with pytest.raises(RuntimeError), store.write() as tx:
        journal.accept(tx, [received(1, "a" * 32)], NOW)
        raise RuntimeError
    with store.read() as tx:
        assert (work_counts.unhandled_count(tx), outbox.backlog(tx)) == (0, 0)


def test_an_early_message_comes_again_when_its_dossier_does(store: Store) -> None:
    """It is kept, and asked for once the key exists."""
    entry = received(1, "a" * 32)
    with store.write() as tx:
        early_messages.keep(tx, entry, NOW)
        assert journal.mark_handled(tx, [entry], NOW) == set()
        assert early_messages.wake(tx, number(1)) == ["a" * 32]
        early_messages.keep(tx, entry, NOW)
        assert early_messages.wake_all(tx) == ["a" * 32]
        assert journal.mark_handled(tx, [entry], NOW) == {"a" * 32}


def test_a_parked_message_is_not_handled_by_itself(store: Store) -> None:
    """An operator finds it with its code and reason."""
    entry = received(1, "a" * 32)
    with store.write() as tx:
        journal.park(tx, entry, NOW, code="procedure_unknown", reason="$.maTTHC: 9.999999")
        assert journal.mark_handled(tx, [entry], NOW) == set()
        assert [row[3:] for row in attention.parked(tx)] == [
            ("procedure_unknown", "$.maTTHC: 9.999999")
        ]


def test_what_was_parked_can_be_told_anew_under_the_same_meaning(store: Store) -> None:
    """The sender corrects a reception by sending it again; the parked one stays to be seen."""
    with store.write() as tx:
        journal.accept(tx, [received(1, "a" * 32)], NOW)
        journal.park(tx, received(1, "a" * 32), NOW, code="procedure_unknown", reason="x")
        (again,) = journal.accept(tx, [received(1, "b" * 32)], NOW)
        assert (again.message_id, again.duplicate) == ("b" * 32, False)
        (third,) = journal.accept(tx, [received(1, "c" * 32)], NOW)
        assert (third.message_id, third.duplicate) == ("b" * 32, True)
        assert len(attention.parked(tx)) == 1


def test_a_lane_has_one_open_head_and_others_wait_behind_it(store: Store) -> None:
    """Also across transactions; another dossier's lane is free."""
    first = open_deliveries(store, progress(1, 1), progress(1, 2), progress(2, 1))
    later = open_deliveries(store, progress(1, 3))
    assert (len(first), later) == (2, [])
    assert [state_of(store, f"m-1-{n}") for n in (1, 2, 3)] == [S.PENDING, S.HELD, S.HELD]


def test_a_settled_head_releases_exactly_the_next_one(store: Store) -> None:
    """In the order in which they were said."""
    ids = open_deliveries(store, progress(1, 1), progress(1, 2), progress(1, 3))
    claim(store, *ids)
    with store.write() as tx:
        transitions.deliver(tx, [(ids[0], "T-1")], now=NOW, from_state=S.SENDING)
        assert transitions.release_followers(tx, "provincial", [number(1)], NOW) == 1
        assert transitions.release_followers(tx, "provincial", [number(1)], NOW) == 0
    assert [state_of(store, f"m-1-{n}") for n in (1, 2, 3)] == [S.DELIVERED, S.PENDING, S.HELD]


def test_a_dead_head_keeps_its_lane_closed_until_a_person_acts(store: Store) -> None:
    """A refusal must not let the next step overtake it."""
    ids = open_deliveries(store, progress(1, 1), progress(1, 2))
    claim(store, *ids)
    with store.write() as tx:
        transitions.kill(tx, ids[0], from_state=S.SENDING, code="partner_refused", detail="")
        assert transitions.release_followers(tx, "provincial", [number(1)], NOW) == 0
        transitions.cancel(tx, ids[0], from_state=S.DEAD, now=NOW, detail="entered by hand")
        assert transitions.release_followers(tx, "provincial", [number(1)], NOW) == 1


def test_a_delivery_is_claimed_once_and_only_when_due(store: Store) -> None:
    """A doubled or early queue message finds nothing to do."""
    (id,) = open_deliveries(store, progress(1, 1))
    assert [c.message_id for c in claim(store, id)] == ["m-1-1"]
    assert claim(store, id) == []
    with store.write() as tx:
        transitions.wait(tx, id, from_state=S.SENDING, when=SOON, code="partner_busy", detail="")
    assert claim(store, id) == []
    assert [(c.attempts, c.counted) for c in claim(store, id, at=SOON)] == [(2, 2)]


def test_what_was_asked_for_by_a_clock_that_is_ahead_is_not_dropped(store: Store) -> None:
    """The timer's machine is a second ahead: its ask counts, and does not wait for the next one."""
    (id,) = open_deliveries(store, progress(1, 1))
    claim(store, id)
    with store.write() as tx:
        transitions.wait(tx, id, from_state=S.SENDING, when=SOON, code="partner_busy", detail="")
        assert schedule.enqueue_due(tx, now=SOON, enqueued_before=NOW) == 1
    assert [c.attempts for c in claim(store, id, at=SOON - timedelta(seconds=1))] == [2]


def test_a_wait_that_does_not_count_gives_the_attempt_back(store: Store) -> None:
    """A pause of the partner burns nothing, yet the call numbers stay unique."""
    (id,) = open_deliveries(store, progress(1, 1))
    claim(store, id)
    with store.write() as tx:
        transitions.wait(
            tx, id, from_state=S.SENDING, when=NOW, code="partner_paused", detail="", counted=False
        )
    assert [(c.attempts, c.counted) for c in claim(store, id)] == [(2, 1)]


def test_a_move_from_the_wrong_state_is_refused_and_changes_nothing(store: Store) -> None:
    """Two processes cannot both settle a delivery."""
    (id,) = open_deliveries(store, progress(1, 1))
    with pytest.raises(transitions.StateConflict), store.write() as tx:
        transitions.deliver(tx, [(id, "")], now=NOW, from_state=S.SENDING)
    assert state_of(store, "m-1-1") is S.PENDING
    with pytest.raises(ValueError, match="no move"), store.write() as tx:
        transitions._move(tx, id, S.DELIVERED, S.PENDING, {})


@pytest.mark.parametrize(
    "values",
    [
        {"state": "lost"},
        {"state": "delivered"},
        {"state": "sending"},
        {"state": "waiting"},
        {"state": "pending", "settled_at": NOW},
    ],
)
def test_the_database_itself_refuses_an_impossible_row(
    store: Store, values: dict[str, object]
) -> None:
    """CHECK constraints hold also against code that goes past the functions."""
    (id,) = open_deliveries(store, progress(1, 1))
    statement = sa.update(delivery_table).where(delivery_table.c.id == id).values(values)
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        tx.execute(statement)


def test_due_work_is_asked_for_once(store: Store) -> None:
    """A retry that is due is asked for, and not again while its ask is on the way."""
    (id,) = open_deliveries(store, progress(1, 1))
    claim(store, id)
    with store.write() as tx:
        transitions.wait(tx, id, from_state=S.SENDING, when=SOON, code="partner_busy", detail="")
        assert schedule.next_due(tx, now=NOW) == SOON
        assert schedule.enqueue_due(tx, now=NOW, enqueued_before=NOW) == 0
        assert schedule.enqueue_due(tx, now=SOON, enqueued_before=NOW) == 1
        assert schedule.enqueue_due(tx, now=SOON, enqueued_before=NOW) == 0
        assert schedule.next_due(tx, now=NOW) is None


def test_what_is_due_first_is_asked_for_first(store: Store) -> None:
    """Among retries that are due, the citizen's date decides; those without one come last."""
    rows = [
        transitions.NewDelivery(
            message_id=f"m-{n}-1", destination="provincial", type="t", lane="", deadline=deadline
        )
        for n, deadline in ((1, None), (2, NOW + timedelta(days=2)), (3, NOW + timedelta(days=1)))
    ]
    with store.write() as tx:
        entries = [journal.JournalEntry(progress(n, 1), b"{}") for n in (1, 2, 3)]
        journal.record_outgoing(tx, entries, NOW)
        transitions.open_all(tx, rows, NOW)
        first = {row.message_id for row in outbox.head(tx, 10)}
        assert len(first) == 3
        outbox.delete(tx, [row.seq for row in outbox.head(tx, 10)])
        assert schedule.enqueue_pending(tx, now=SOON, enqueued_before=SOON) == 3
        assert [row.message_id for row in outbox.head(tx, 10)] == ["d3", "d2", "d1"]


def test_a_sender_that_died_leaves_a_question_not_a_retry(store: Store) -> None:
    """The lease runs out: ambiguous, due to be asked about, reserved for one asker."""
    (id,) = open_deliveries(store, progress(1, 1))
    claim(store, id)
    late = NOW + timedelta(minutes=2)
    with store.write() as tx:
        assert schedule.expire_leases(tx, now=NOW) == []
        assert schedule.expire_leases(tx, now=late) == [id]
    assert state_of(store, "m-1-1") is S.AMBIGUOUS
    assert claim(store, id, at=late) == []
    again = late + timedelta(minutes=1)
    with store.write() as tx:
        for expected in ([id], []):
            taken = doubts.reserve_doubtful(tx, "provincial", now=late, again_at=again, limit=10)
            assert [doubtful.id for doubtful in taken] == expected


def test_a_follower_that_was_forgotten_is_swept_up(store: Store) -> None:
    """Should a release ever be lost, the sweep repairs it."""
    ids = open_deliveries(store, progress(1, 1), progress(1, 2))
    claim(store, *ids)
    with store.write() as tx:
        transitions.deliver(tx, [(ids[0], "")], now=NOW, from_state=S.SENDING)
        assert schedule.sweep_held(tx, NOW) == 1
        assert schedule.sweep_held(tx, NOW) == 0


def test_the_balance_counts_from_two_records_and_shows_a_lost_row(store: Store) -> None:
    """Accepted comes from the journal, the states from the deliveries."""
    ids = open_deliveries(store, progress(1, 1), progress(1, 2), progress(2, 1))
    with store.write() as tx:
        (town, province) = sorted(balance.balance(tx, PARTNERS), key=lambda b: b.accepted)[-2:]
        assert (province.accepted, province.holds, town.accepted) == (3, True, 0)
        assert (province.states["pending"], province.states["held"]) == (2, 1)
        tx.execute(sa.delete(delivery_table).where(delivery_table.c.id == ids[0]))
        assert not all(found.holds for found in balance.balance(tx, PARTNERS))


def test_the_audit_shows_a_changed_and_a_missing_row(store: Store) -> None:
    """Each row is hashed together with the one before."""
    with store.write() as tx:
        for n in range(3):
            audit.record(tx, "officer", "delivery.replay", object=str(n), reason="x", now=NOW)
        assert audit.verify(tx) == (3, [])
        tx.execute(sa.text("UPDATE audit SET reason = 'y' WHERE seq = 2"))
        assert audit.verify(tx)[1] == ["audit: row 2 was changed"]
        tx.execute(sa.text("DELETE FROM audit WHERE seq = 2"))
        assert "audit: row 2 is missing" in audit.verify(tx)[1]


def test_a_time_without_timezone_cannot_be_stored(store: Store) -> None:
    """A naive time would be wrong by seven hours somewhere."""
    with pytest.raises(ValueError, match="timezone"), store.write() as tx:
        audit.record(tx, "a", "b", object="c", now=datetime(2018, 8, 6))  # noqa: DTZ001


def test_what_does_not_add_up_is_named_by_its_id(store: Store) -> None:
    """A lost delivery, a delivery that nobody said, a message delivered to two."""
    with store.write() as tx:
        emit(tx, [progress(n, 1) for n in range(1, 5)], NOW)
        assert proof.prove(tx, READERS).problems == []
        c = delivery_table.c
        tx.execute(sa.delete(delivery_table).where(c.message_id == "m-1-1"))
        tx.execute(
            sa.update(journal_table).where(journal_table.c.id == "m-2-1").values(state="handled")
        )
        again = transitions.NewDelivery(
            message_id="m-3-1", destination="town_center", type="province.progress", lane=number(3)
        )
        transitions.open_all(tx, [again], NOW)
        unsaid = tx.execute(sa.select(c.id).where(c.message_id == "m-2-1")).scalar_one()
        assert [(found.what, found.id) for found in proof.prove(tx, READERS).problems] == [
            ("delivery without message", str(unsaid)),
            ("message delivered to two", "m-3-1"),
            ("message without delivery", "m-1-1"),
            ("kept count of accepted", "4, not 3"),
        ]


def test_the_word_on_an_earlier_attempt_does_not_settle_a_later_one(store: Store) -> None:
    """A lease ran out and the delivery was claimed anew: the first caller's word is refused."""
    (id,) = open_deliveries(store, progress(1, 1))

    def claim_once() -> transitions.Claimed:
        with store.write() as tx:
            (one,) = transitions.claim(tx, [id], "provincial", now=NOW, lease_until=NOW)
        return one

    first = claim_once()
    with store.write() as tx:
        schedule.expire_leases(tx, now=SOON)
        transitions.retry_absent(tx, id, now=NOW)
    second = claim_once()
    with pytest.raises(transitions.StateConflict), store.write() as tx:
        transitions.check_attempt(tx, [first], from_state=S.SENDING)
    with store.write() as tx:
        transitions.check_attempt(tx, [second], from_state=S.SENDING)


def test_an_id_that_belongs_to_another_message_is_refused(store: Store) -> None:
    """Two dossiers under one message id: the second is not accepted and then lost."""
    with store.write() as tx:
        journal.accept(tx, [received(1, "a" * 32)], NOW)
    with pytest.raises(InvalidMessage), store.write() as tx:
        journal.accept(tx, [received(2, "a" * 32)], NOW)
    with store.write() as tx:
        (answer,) = journal.accept(tx, [received(2, "b" * 32)], NOW)
    assert not answer.duplicate
