"""An unknown reply code is one task; its verdict counts for all that wait and all to come."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.delivery.settle import CallOutcome, SettleContext, settle
from hub.exchange.outbox.emit import emit
from hub.operations.deliveries.classify import CodeVerdict, NotClassified, classify
from hub.operations.signed_by import SignedBy
from hub.operations.watchers.replies.unknown_codes import UnknownCodes, finding
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import kept_code, unknown_code
from hub.store.deliveries import transitions
from hub.store.engine.store import Store, Tx
from hub.store.evidence import chain, verification
from hub.store.repair import restore, tasks
from hub.store.repair.replies import fault_classes
from hub.store.schema.tables.exchange import deliveries as table
from hub.store.schema.tables.exchange import fault_classes as class_table
from tests.support.database.plans import Done, carried_out
from tests.support.partners.partner import Partner
from tests.support.works import QUICK, step

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)
BY: SignedBy = {"actor": "officer", "reason": "they said so", "now": AT}


def answered(
    store: Store, n: int, code: str, operation: str = "DongBoHoSoMC", *, at: datetime = AT
) -> int:
    """Send a step of dossier `n` to which the partner replies with an unknown code."""
    with store.write() as tx:
        emit(tx, [step(n, 1)], AT)
        query = sa.select(table.c.id).where(table.c.message_id == f"m-{n}-1")
        id = int(tx.execute(query).scalar_one())
        (claimed,) = transitions.claim(tx, [id], "provincial", now=AT, lease_until=AT)
    settling = SettleContext(
        store=store,
        destination="provincial",
        traits=Partner().traits,
        policy=QUICK,
        on_delivered=lambda *_: None,
        draw=random.Random(1),
    )
    outcome = CallOutcome(
        claimed=claimed,
        message=None,
        result=unknown_code(code, "error_code"),
        finished_at=at,
        digest="0" * 64,
        operation=operation,
    )
    settle(settling, [outcome], from_state=S.SENDING, kind="send")
    return id


def place(store: Store, id: int) -> tuple[S, str | None]:
    """Return state and code of a delivery."""
    with store.read() as tx:
        row = tx.execute(sa.select(table.c.state, table.c.code).where(table.c.id == id)).one()
    return S(row.state), row.code


def test_many_replies_are_one_task(store: Store) -> None:
    """One row a code and operation, counted."""
    for n in (1, 2, 3):
        answered(store, n, "77")
    answered(store, 4, "77", "CapNhatTienDoHoSoMC")
    with store.read() as tx:
        found = [
            (row.operation, row.code, row.count, row.verdict) for row in fault_classes.tasks(tx)
        ]
    assert found == [("CapNhatTienDoHoSoMC", "77", 1, None), ("DongBoHoSoMC", "77", 3, None)]


@pytest.mark.parametrize(
    ("verdict", "state", "code"),
    [
        (CodeVerdict.TRANSIENT, S.WAITING, "partner_busy"),
        (CodeVerdict.PERMANENT, S.DEAD, "partner_refused"),
        (CodeVerdict.DELIVERED, S.DELIVERED, None),
    ],
)
def test_a_verdict_moves_what_waits_and_what_comes(
    store: Store, verdict: CodeVerdict, state: S, code: str | None
) -> None:
    """Another code, also one that begins the same, stays; both chains stay whole."""
    mine, longer = answered(store, 1, "77"), answered(store, 2, "778")
    moved = classify(
        store, "provincial", "77", verdict, actor="officer", reason="they said so", now=AT
    )
    assert moved == 1
    later = answered(store, 3, "77")
    assert place(store, mine) == place(store, later) == (state, code)
    assert place(store, longer) == (S.AMBIGUOUS, "reply_unknown_code")
    with store.read() as tx:
        assert [verification.verify(tx, one).problems for one in chain.CHAINS] == [(), ()]


@pytest.mark.parametrize("verdict", [CodeVerdict.TRANSIENT, CodeVerdict.PERMANENT])
def test_a_verdict_moves_nothing_that_was_answered_before_a_restore(
    store: Store, verdict: CodeVerdict
) -> None:
    """It may have been sent again since the copy was made, and be there: it is asked about."""
    id = answered(store, 1, "77")
    with store.write() as tx:
        restore.doubt_everything(tx, now=AT)
        transitions.leave_to_person(tx, id, why="x", code="query_refused")
    assert classify(store, "provincial", "77", verdict, **BY) == 0
    assert place(store, id)[0] is S.AMBIGUOUS


def test_a_verdict_moves_what_a_refused_query_left_to_a_person(store: Store) -> None:
    """The query's code stands on the delivery; the code that the call got is still the question."""
    id = answered(store, 1, "77")
    with store.write() as tx:
        transitions.leave_to_person(tx, id, why="x", code="query_refused")
    assert classify(store, "provincial", "77", CodeVerdict.TRANSIENT, **BY) == 1
    assert place(store, id)[0] is S.WAITING


def test_a_verdict_for_one_operation_leaves_the_others(store: Store) -> None:
    """The same code may mean something else elsewhere."""
    mine, other = answered(store, 1, "77"), answered(store, 2, "77", "CapNhatTienDoHoSoMC")
    moved = classify(
        store,
        "provincial",
        "77",
        CodeVerdict.PERMANENT,
        operation="DongBoHoSoMC",
        actor="officer",
        reason="x",
        now=AT,
    )
    assert (moved, place(store, mine)[0], place(store, other)[0]) == (1, S.DEAD, S.AMBIGUOUS)


def test_a_verdict_on_one_number_is_none_on_another(store: Store) -> None:
    """Both are masked, and each is a code of its own: what waits, what comes, and the task."""
    mine, other = answered(store, 1, "100201"), answered(store, 2, "100305")
    with store.read() as tx:
        codes = [row.code for row in fault_classes.tasks(tx)]
    assert sorted(codes) == sorted({kept_code("100201"), kept_code("100305")})
    assert classify(store, "provincial", kept_code("100201"), CodeVerdict.DELIVERED, **BY) == 1
    assert (place(store, mine)[0], place(store, other)[0]) == (S.DELIVERED, S.AMBIGUOUS)
    assert place(store, answered(store, 3, "100201"))[0] is S.DELIVERED
    assert place(store, answered(store, 4, "100306"))[0] is S.AMBIGUOUS


def test_a_code_may_be_named_as_the_partner_writes_it(store: Store) -> None:
    """A list of the partner's has the whole code; what is kept of it, nobody can ask about."""
    waiting, other = answered(store, 1, "100201"), answered(store, 2, "100305")
    assert classify(store, "provincial", "100201", CodeVerdict.DELIVERED, **BY) == 1
    assert place(store, waiting)[0] is S.DELIVERED
    assert place(store, other)[0] is S.AMBIGUOUS
    with store.read() as tx:
        codes = set(tx.execute(sa.select(class_table.c.code)).scalars())
    assert codes == {kept_code("100201"), kept_code("100305")}


@pytest.mark.parametrize(
    ("partner", "operation", "code"),
    [
        ("provincial", "", "#"),
        ("provincial", "", "78"),
        ("town_center", "", "77"),
        ("provincial", "CapNhatTienDoHoSoMC", "77"),
    ],
)
def test_only_one_code_that_the_partner_replied_with_is_classified(
    store: Store, partner: str, operation: str, code: str
) -> None:
    """Not one that may be several, not one that nobody saw: nothing is written."""
    id = answered(store, 1, "77")
    with store.write() as tx:
        row = dict.fromkeys(("first_seen", "last_seen"), AT) | {"count": 1}
        names = {"partner": "provincial", "operation": "DongBoHoSoMC", "code": "#"}
        tx.execute(sa.insert(class_table).values(row | names))
    with pytest.raises(NotClassified):
        classify(store, partner, code, CodeVerdict.DELIVERED, operation=operation, **BY)
    assert place(store, id)[0] is S.AMBIGUOUS
    with store.read() as tx:
        assert [row.verdict for row in fault_classes.tasks(tx)] == [None, None]
        assert verification.verify(tx, chain.AUDIT).count == 0


def test_a_code_in_the_words_of_another_failure_is_not_its_code(store: Store) -> None:
    """What decides is the field, not how a sentence begins."""
    id = answered(store, 1, "77")
    words = answered(store, 2, "78")
    with store.write() as tx:
        told = "their code 77, error_code"
        tx.execute(sa.update(table).where(table.c.id == words).values(detail=told))
    assert classify(store, "provincial", "77", CodeVerdict.PERMANENT, **BY) == 1
    assert (place(store, id)[0], place(store, words)[0]) == (S.DEAD, S.AMBIGUOUS)


def test_the_deliveries_of_a_code_are_found_by_an_index(store: Store) -> None:
    """Among years of deliveries, and whatever PostgreSQL believes of the tables (nothing yet)."""
    found, done = _look(store)
    if store.name == "postgresql":
        asked = [it for it in done if "handovers" in it.text and "deliveries" in it.text]
        assert 0 < sum(it.rows for it in asked) <= 4 * found
    else:
        with store.read() as tx:
            assert all("ix_" in step for step in _plan(tx))


def _look(store: Store) -> tuple[int, list[Done]]:
    """Have 80 replies with 16 codes, find those of one; return how many, and what was done."""
    with ExitStack() as stack:
        sqlite = store.name == "sqlite"
        done = [] if sqlite else stack.enter_context(carried_out(store))
        ids = [answered(store, n, str(n % 16)) for n in range(80)]
        with store.write() as tx:
            found = fault_classes.waiting(tx, "provincial", "DongBoHoSoMC", "7")
        assert [id for id, _ in found] == ids[7::16]
    return len(found), done


@contextmanager
def recorded(tx: Tx) -> Iterator[list[str]]:
    """Collect the texts of the statements during the block."""
    texts: list[str] = []

    def note(*args: Any) -> None:
        texts.append(args[2])

    sa.event.listen(tx.engine, "before_cursor_execute", note)
    yield texts
    sa.event.remove(tx.engine, "before_cursor_execute", note)


def _plan(tx: Tx) -> list[str]:
    """Return the steps that SQLite takes to find them."""
    with recorded(tx) as texts:
        fault_classes.waiting(tx, "provincial", "DongBoHoSoMC", "7")
    (text,) = texts
    rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("7",) * text.count("?")).all()
    return [row[3] for row in rows if row[3].startswith(("SEARCH", "SCAN"))]


LOOK_AT = AT + timedelta(minutes=1)


def looking(store: Store) -> UnknownCodes:
    """Return what the timer looks with."""
    return UnknownCodes(store=store, rules=Rulebook.load())


def open_tasks(store: Store) -> list[tuple[str, str, str]]:
    """Return the open tasks: partner, operation with code, owner."""
    with store.read() as tx:
        return [(it.destination, it.subject, it.owner) for it in tasks.still_open(tx)]


def test_an_unknown_code_is_one_task_with_owner_due_time_and_repair(store: Store) -> None:
    """One for a partner, operation and code, however many dossiers got it, whoever looks."""
    for n in (1, 2):
        answered(store, n, "-77")
    answered(store, 3, "-77", "CapNhatTienDoHoSoMC")
    assert [looking(store).check(LOOK_AT), looking(store).check(LOOK_AT)] == [2, 0]
    answered(store, 4, "-77")
    assert looking(store).check(LOOK_AT) == 0
    assert sorted(open_tasks(store)) == [
        ("provincial", "CapNhatTienDoHoSoMC -77", "ward IT"),
        ("provincial", "DongBoHoSoMC -77", "ward IT"),
    ]
    with store.read() as tx:
        (task,) = (it for it in tasks.still_open(tx) if it.subject == "DongBoHoSoMC -77")
        assert len(fault_classes.listing(tx)) == 2
    rules = Rulebook.load()
    assert rules.working_time_between(LOOK_AT, task.due_at) == timedelta(hours=8)
    assert "--operation DongBoHoSoMC" in task.repair
    assert "-- provincial -77" in task.repair


@pytest.mark.parametrize("operation", ["DongBoHoSoMC", fault_classes.ANY])
def test_the_task_is_closed_when_the_code_is_classified(store: Store, operation: str) -> None:
    """At once, and no other one is opened by what comes later; other codes keep theirs."""
    answered(store, 1, "77")
    answered(store, 2, "78")
    looking(store).check(LOOK_AT)
    classify(store, "provincial", "77", CodeVerdict.PERMANENT, operation=operation, **BY)
    assert open_tasks(store) == [("provincial", "DongBoHoSoMC 78", "ward IT")]
    answered(store, 3, "77")
    assert looking(store).check(LOOK_AT) == 0


def test_a_general_verdict_also_answers_for_an_operation_that_comes_later(store: Store) -> None:
    """The code is known for every operation: nothing is left to classify."""
    answered(store, 2, "77")
    classify(store, "provincial", "77", CodeVerdict.PERMANENT, **BY)
    answered(store, 1, "77", "CapNhatTienDoHoSoMC")
    assert looking(store).check(LOOK_AT) == 0


def test_a_task_that_lost_the_race_with_the_verdict_is_closed_at_the_next_look(
    store: Store,
) -> None:
    """Read before the verdict, opened after it: it does not stay for ever."""
    answered(store, 1, "77")
    with store.read() as tx:
        (unknown,) = fault_classes.untold(tx)
    classify(store, "provincial", "77", CodeVerdict.PERMANENT, **BY)
    with store.write() as tx:
        tasks.open_once(tx, finding(unknown), due_at=None, now=AT)
    assert looking(store).check(LOOK_AT) == 0
    assert open_tasks(store) == []


def test_a_task_closed_by_hand_comes_again_only_with_the_code(store: Store) -> None:
    """A person may put it aside; a new reply brings it back."""
    answered(store, 1, "77")
    looking(store).check(LOOK_AT)
    with store.write() as tx:
        (task,) = tasks.still_open(tx)
        tasks.close(tx, task.number, actor="officer", reason="asked", now=LOOK_AT)
    assert looking(store).check(LOOK_AT) == 0
    answered(store, 2, "77", at=LOOK_AT + timedelta(hours=1))
    assert looking(store).check(LOOK_AT + timedelta(hours=2)) == 1
