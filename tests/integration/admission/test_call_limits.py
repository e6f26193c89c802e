"""Windows, quotas and pauses that outlive a process: partners are called when they want it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.broker.memory import MemoryBroker
from hub.exchange.outbox.emit import emit
from hub.messages import queues
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Receipt, Request
from hub.rules.calls import circuit
from hub.rules.calls.call_limits import CallLimits, Dated, Quota
from hub.rules.failures.errors import TransientFailure
from hub.runtime.clock import clock_of
from hub.store.deliveries import attempts as calls
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import attempts
from tests.support import works as works_module
from tests.support.partners.partner import DOWN, Partner
from tests.support.works import Works, now, record, step, working

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LONG_PAUSES = circuit.CircuitPolicy(first_pause=5 * MINUTE, width=4)
QUEUE = queues.deliver_queue("provincial")
BOTH = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


class Ahead:
    """A clock that goes as ever and can be put forward."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return clock_of("")() + self.by

    def put(self, at: datetime, *works: Works[Any]) -> None:
        """Make it `at` now, and have whoever waits for work look again."""
        self.by += at - self()
        for it in works:
            it.deliver.wake()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Ahead:
    """The clock of everything in this test."""
    ahead = Ahead()
    monkeypatch.setattr(works_module, "now", ahead)
    return ahead


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store: SQLite unless the test says otherwise."""
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    made: Store = request.getfixturevalue("postgres_store" if on_postgres else "sqlite_store")
    return made


@pytest.fixture
def broker() -> Iterator[MemoryBroker]:
    """A broker in this process."""
    broker = MemoryBroker()
    yield broker
    broker.close()


def standing(store: Store, clock: Ahead) -> dict[str, pauses.Pause]:
    """Return what is paused, by operation."""
    with store.read() as tx:
        return {it.pause.operation: it.pause for it in pauses.listed(tx, now=clock())}


def tries(store: Store) -> int:
    """Return how many attempts were ever written down."""
    with store.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(attempts)).scalar_one())


def until(works: Works[Any], reached: Callable[[], bool]) -> None:
    """Wait for something else than states."""
    works.wait(lambda _: reached())


def look_around(*works: Works[Any]) -> None:
    """Wait until each sender has made two whole turns: it had its chance to call."""
    for it in works:
        for _ in range(3):
            before = it.deliver.beaten
            it.deliver.wake()
            until(it, lambda it=it, before=before: it.deliver.beaten > before)  # type: ignore[misc]


def window(starts: datetime, ends: datetime) -> CallLimits:
    """Return a window of the province."""
    closed = Dated(
        partner="provincial",
        starts=starts,
        ends=ends,
        reason_vi="Tỉnh nâng cấp.",
        reason_en="The province upgrades.",
        valid_from=date(2018, 1, 1),
        source="test",
    )
    return CallLimits(windows=(closed,))


def quota(calls: int) -> CallLimits:
    """Return a quota of the province."""
    allowed = Quota(
        partner="provincial",
        calls=calls,
        reason_vi="Tỉnh giới hạn.",
        reason_en="The province limits.",
        valid_from=date(2018, 1, 1),
        source="test",
    )
    return CallLimits(quotas=(allowed,))


def test_nothing_is_called_inside_a_window_and_all_of_it_after(
    store: Store, broker: MemoryBroker, clock: Ahead
) -> None:
    """No call, no attempt; the asks stay ready in the queue; afterwards each goes out once."""
    starts, partner = now() + 10 * MINUTE, Partner()
    ends = starts + HOUR
    with working(store, broker, partner, call_limits=window(starts, ends)) as works:
        works.emit(*(step(n, 1) for n in range(3)))
        works.wait_delivered(3)
        clock.put(starts + SECOND, works)
        until(works, lambda: len(standing(store, clock)) == 2)
        works.emit(*(step(n, 1) for n in range(3, 23)))
        until(works, lambda: broker.depth(QUEUE) == 20 or partner.calls > 3)
        clock.put(ends - MINUTE, works)
        look_around(works)
        assert works.states() == {"delivered": 3, "pending": 20}
        assert (partner.calls, tries(store), broker.depth(QUEUE)) == (3, 3, 20)
        assert {it.until for it in standing(store, clock).values()} == {ends}
        clock.put(ends + SECOND, works)
        works.wait_delivered(23)
        until(works, lambda: "province.progress" not in standing(store, clock))
    assert (partner.calls, partner.doubled(), tries(store)) == (23, 0, 23)


@BOTH
def test_a_quota_lets_so_many_calls_go_and_the_rest_after_the_hour(
    store: Store, broker: MemoryBroker, clock: Ahead
) -> None:
    """Exactly as many calls as the quota has, no attempt for the others, until the hour is over."""
    partner = Partner()
    with working(store, broker, partner, call_limits=quota(5)) as works:
        works.emit(*(step(n, 1) for n in range(9)))
        works.wait(lambda states: states == {"delivered": 5, "pending": 4})
        until(works, lambda: len(standing(store, clock)) == 2)
        (ends,) = {it.until for it in standing(store, clock).values()}
        clock.put(ends - SECOND * 20, works)
        look_around(works)
        assert (partner.calls, tries(store)) == (5, 5)
        clock.put(ends + SECOND * 10, works)
        works.wait_delivered(9)
    assert (partner.calls, partner.doubled(), tries(store)) == (9, 0, 9)


@BOTH
def test_a_call_counts_by_its_end_and_one_under_way_as_made_now(store: Store) -> None:
    """A claim waits for lock and thread: the partner may have got the call long after its date."""
    at, ended = now(), now() + 10 * MINUTE
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], at)
        calls.start(tx, [(1, 1), (2, 1)], now=at)
        calls.finish(tx, [calls.Finished(delivery_id=1, number=1, at=ended, outcome="delivered")])

    def counted(when: datetime) -> list[datetime]:
        with store.write() as tx:
            return pauses.calls_since(tx, "provincial", "", since=when - HOUR, now=when, above=0)[0]

    late = at + HOUR + 5 * MINUTE
    assert counted(late) == [ended, late]
    over = ended + HOUR
    assert counted(over) == [over]
    assert counted(at + 2 * HOUR) == []  # its process died


@BOTH
@pytest.mark.parametrize("outcome", ["deferred", "held"])
def test_an_attempt_that_was_not_made_counts_in_no_quota(store: Store, outcome: str) -> None:
    """`held` is how release 0.2 wrote it: its rows are read after an upgrade."""
    at = now()
    with store.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], at)
        calls.start(tx, [(1, 1), (2, 1)], now=at)
        calls.finish(
            tx,
            [
                calls.Finished(delivery_id=1, number=1, at=at, outcome=outcome),
                calls.Finished(delivery_id=2, number=1, at=at, outcome="transient"),
            ],
        )
        made, _ = pauses.calls_since(tx, "provincial", "", since=at - HOUR, now=at, above=0)
    assert made == [at]


def test_two_processes_share_one_quota(
    migrated_postgres_url: str, broker: MemoryBroker, clock: Ahead
) -> None:
    """Two senders with stores, gates and counts of their own: together never more than the quota.

    Both find more work than the quota in the queue when they start, so both want all of it at once.
    """
    stores = [Store(migrated_postgres_url), Store(migrated_postgres_url)]
    partner, known = Partner(concurrency=4), quota(10)
    first, second = (Works(it, broker, partner, call_limits=known) for it in stores)
    first.emit(*(step(n, 1) for n in range(60)))
    publisher = broker.publisher()
    assert first.relay.publish_some(publisher) == 60
    publisher.close()
    roles = [first.deliver, second.deliver, first.relay, first.timer]
    for role in roles:
        role.start()
    try:
        for hour in range(1, 4):
            first.wait(lambda states, n=10 * hour: states.get("delivered", 0) >= n)  # type: ignore[misc]
            until(first, lambda: len(standing(stores[0], clock)) == 2)
            look_around(first, second)
            first.wait(lambda states: "sending" not in states)
            assert (partner.calls, tries(stores[0])) == (10 * hour, 10 * hour)
            ends = max(it.until for it in standing(stores[0], clock).values())
            clock.put(ends + SECOND * 10, first, second)
    finally:
        for role in roles:
            role.request_stop()
        for role in roles:
            role.stop()
        for it in stores:
            it.close()
    assert partner.doubled() == 0


class Halved(Partner):
    """Has trouble with steps for as long as `troubled`, and takes dossiers."""

    def __init__(self) -> None:
        super().__init__()
        self.troubled = True
        self.steps = 0

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Build a request that says what it is."""
        return replace(super().prepare(message, payload), operation=message.type)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Refuse steps with trouble."""
        if request.operation == "province.progress":
            self.steps += 1
            if self.troubled:
                raise TransientFailure("partner_busy")
        return super().send(request, not_after=not_after)


def test_one_operation_is_paused_and_the_other_flows(
    store: Store, broker: MemoryBroker, clock: Ahead
) -> None:
    """Trouble with steps pauses steps; dossiers that come later go out; then steps come back."""
    partner = Halved()
    with working(store, broker, partner, policy=LONG_PAUSES) as works:
        works.emit(*(step(n, 1) for n in range(20)))
        until(works, lambda: bool(standing(store, clock)))
        works.wait(lambda states: "sending" not in states)
        calls = partner.steps
        works.emit(*(record(n, 1) for n in range(100, 140)))
        works.wait(lambda states: states.get("delivered") == 40)
        assert list(standing(store, clock)) == ["province.progress"]
        assert partner.steps == calls <= 5 + 4
        partner.troubled = False
        clock.put(standing(store, clock)["province.progress"].until + SECOND, works)
        works.wait_delivered(60)
    assert (partner.doubled(), len(partner.ledger), partner.steps) == (0, 60, calls + 20)


@BOTH
def test_a_restart_during_a_pause_does_not_call_before_its_end(
    store: Store, broker: MemoryBroker, clock: Ahead
) -> None:
    """The next process takes the pause over, also for what is said after it has started."""
    with working(store, broker, Partner([DOWN] * 100), policy=LONG_PAUSES) as before:
        before.emit(*(step(n, 1) for n in range(20)))
        before.wait(lambda states: "sending" not in states and len(standing(store, clock)) == 2)
    left, made = standing(store, clock), tries(store)
    partner = Partner()
    with working(store, broker, partner, policy=LONG_PAUSES) as after:
        after.emit(step(50, 1))
        until(after, lambda: broker.depth(QUEUE) > 0 or partner.calls > 0)
        clock.put(max(it.until for it in left.values()) - SECOND * 20, after)
        look_around(after)
        assert (partner.calls, tries(store)) == (0, made)
        assert {n: it.until for n, it in standing(store, clock).items()} == {
            n: it.until for n, it in left.items()
        }
        clock.put(max(it.until for it in left.values()) + SECOND, after)
        after.wait_delivered(21)
    assert (partner.calls, partner.doubled()) == (21, 0)
