"""Everyday habits of a partner's database double nothing and lose nothing: on real roles, over real
sockets, with the simulators speaking as such partners do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.provincial import profile
from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub import operations
from hub.broker.memory import MemoryBroker
from hub.exchange.outbox.emit import emit
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations.comparison.daily import compare
from hub.operations.watchers.replies.unproven_effects import UnprovenEffects
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.failures.errors import AmbiguousFailure
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store
from hub.store.monitoring import attention
from hub.store.repair import tasks
from tests.support.partners.province import RECEIVED, dossier, settings_for
from tests.support.works import Works, now, working

REGISTER, STEPS = "DongBoHoSoMC", "CapNhatTienDoHoSoMC"
LAG = timedelta(seconds=0.3)
"""What a proof of absence waits for twice; each question is asked later than that, however slow the
machine is."""
AT_WORK = timedelta(seconds=0.6)
"""The reply timeout: how long after a call the partner may be at work on it."""
K = FaultKind


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty SQLite store; what differs on PostgreSQL is in
    `tests/contract/deliveries/test_doubts.py`."""
    return sqlite_store


def destination(province: SimulatorProcess, mode: str = "rest", **lookup: Any) -> Any:
    """Return the province with a profile that says this of its look-up."""
    shipped = profile.shipped()
    told = structs.replace(shipped.lookup, **({"lag": LAG} | lookup))
    settings = settings_for(
        province.url,
        mode=mode,
        reply_timeout=AT_WORK,
        profile=structs.replace(shipped, lookup=told),
    )
    return ProvincialDestination(settings)


def registration(number: str, **changes: Any) -> Message:
    """Return the registration of a dossier."""
    payload = dossier(number, **changes)
    return catalog.compose(payload, time=RECEIVED, source="records")


def step(number: str, minute: int, second: int = 17, **changes: Any) -> Message:
    """Return a step, so long after the reception."""
    values: dict[str, Any] = {
        "number": number,
        "version": minute + 2,
        "status": p.Status.PROCESSING,
        "at": RECEIVED + timedelta(minutes=minute, seconds=second),
        "officer": "Đặng Thị  Thuý Hằng",
        "unit": "Địa chính - Xây dựng",
        "text": f"Bước {minute}",
    }
    payload = p.ProvinceProgress(**(values | changes))
    return catalog.compose(payload, time=RECEIVED, source="records")


def lost(kind: FaultKind, operation: str, **more: Any) -> Fault:
    """Return a fault that one call meets."""
    return Fault(kind=kind, operations=(operation,), remaining=1, **more)


def effects(province: SimulatorProcess, number: str) -> list[tuple[str, str]]:
    """Return (kind, key) of what the province did for a dossier."""
    return [(row["kind"], row["key"]) for row in province.effects(dossier=number)]


def delivered(works: Works[Any], count: int) -> None:
    """Wait until so many deliveries are delivered, and nothing is left."""
    works.wait(lambda states: states == {S.DELIVERED: count}, seconds=40)


def exchange(
    store: Store,
    province: SimulatorProcess,
    number: str,
    steps: Sequence[Message],
    *faults: Fault,
    **more: Any,
) -> None:
    """Register a dossier and tell its steps; the last of them meets the faults."""
    partner = destination(province, **more)
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        works.emit(registration(number), *steps[:-1])
        delivered(works, len(steps))
        province.set_faults(faults)
        works.emit(steps[-1])
        delivered(works, len(steps) + 1)
    broker.close()
    done = effects(province, number)
    assert len(done) == len(set(done)) == len(steps) + 1
    with store.read() as tx:
        assert attention.stuck(tx) == []
    again = compare(store, {partner.name: partner}, number, now=now())
    assert {found.kind for found in again.findings} <= {"not_sent", "status_differs"}
    partner.close()


WRITTEN = [
    ("nfd",),
    ("capitals",),
    ("one_blank",),
    ("nfd", "capitals", "one_blank"),
    ("minutes",),
    ("minutes", "nfd", "capitals"),
]


@pytest.mark.parametrize("habits", WRITTEN, ids="+".join)
@pytest.mark.parametrize("mode", ["soap", "rest"])
def test_a_step_whose_reply_is_lost_is_known_again_however_it_is_written(
    store: Store, province: SimulatorProcess, number: str, habits: tuple[str, ...], mode: str
) -> None:
    """Normal form, capitals, folded blanks, cut seconds: found, sent once, and no task."""
    province.speak(*habits)
    steps = [step(number, 1), step(number, 9, 42)]
    fault = lost(K.DROP_AFTER_ACCEPT, STEPS)
    exchange(store, province, number, steps, fault, mode=mode)


def test_two_steps_of_one_minute_are_both_there_where_seconds_are_cut(
    store: Store, province: SimulatorProcess, number: str
) -> None:
    """The reply to the second one is lost: the first one is not taken for it."""
    province.speak("minutes")
    steps = [step(number, 1), step(number, 5, 3), step(number, 5, 44)]
    exchange(store, province, number, steps, lost(K.DROP_AFTER_ACCEPT, STEPS))


@pytest.mark.parametrize("habits", [(), ("minutes",), ("nfd", "capitals")], ids="+".join)
def test_a_step_that_never_came_is_sent_again_once(
    store: Store, province: SimulatorProcess, number: str, habits: tuple[str, ...]
) -> None:
    """Also where an earlier one of the same minute looks the same."""
    province.speak(*habits)
    steps = [step(number, 5, 3), step(number, 5, 44)]
    exchange(store, province, number, steps, lost(K.LOST, STEPS))


@pytest.mark.parametrize("fault", [K.DROP_AFTER_ACCEPT, K.LOST])
def test_a_look_up_that_lags_doubles_nothing(
    store: Store, province: SimulatorProcess, number: str, fault: FaultKind
) -> None:
    """It answers from before the call: what is there is found later, what is not is sent again."""
    province.speak("late_replica", lag_seconds=LAG.total_seconds() * 0.8)
    exchange(store, province, number, [step(number, 1), step(number, 2)], lost(fault, STEPS))


def test_a_registration_that_the_look_up_does_not_show_yet_is_no_conflict(
    store: Store, province: SimulatorProcess, number: str
) -> None:
    """ "Already exists" and then "not there" is lag: asked again, and delivered."""
    province.speak("late_replica", lag_seconds=LAG.total_seconds() * 0.8)
    partner = destination(province)
    first = registration(number)
    partner.send(partner.prepare(first, catalog.read(first)))  # our own, before a restore
    broker = MemoryBroker()
    with working(store, broker, partner) as works:
        works.emit(first)
        delivered(works, 1)
    broker.close()
    partner.close()
    assert effects(province, number) == [("dossier", "revision 1")]


@pytest.mark.parametrize("fault", [K.DROP_AFTER_ACCEPT, K.LOST])
def test_a_look_up_of_the_newest_steps_doubles_nothing(
    store: Store, province: SimulatorProcess, number: str, fault: FaultKind
) -> None:
    """It shows three of six: older ones are not missed in the evening either."""
    province.speak("last_steps", last_steps=3)
    steps = [step(number, minute) for minute in range(1, 7)]
    exchange(store, province, number, steps, lost(fault, STEPS))


@pytest.mark.parametrize("status", [502, 503, 504, 0])
def test_an_effect_that_comes_after_the_call_ended_is_waited_for(
    store: Store, province: SimulatorProcess, number: str, status: int
) -> None:
    """A proxy or the line gives up, and the partner works on: the same patience for each."""
    kind, more = (K.PROXY_GIVES_UP, {"status": status}) if status else (K.LINE_GIVES_UP, {})
    fault = lost(kind, STEPS, seconds=0.4, **more)
    exchange(store, province, number, [step(number, 1), step(number, 2)], fault)


def test_what_a_dead_process_had_sent_is_not_sent_again_while_the_partner_is_at_work(
    store: Store, province: SimulatorProcess, number: str
) -> None:
    """Its lease is over before the effect comes: asked too early the look-up shows nothing."""
    partner, broker = destination(province), MemoryBroker()
    message = step(number, 1)
    with working(store, broker, partner) as works:
        works.emit(registration(number))
        delivered(works, 1)
    province.set_faults([lost(K.LINE_GIVES_UP, STEPS, seconds=0.4)])
    with store.write() as tx:
        emit(tx, [message], now())
        transitions.claim(tx, [2], partner.name, now=now(), lease_until=now())
        attempts.start(tx, [(2, 1)], now=now())
    with pytest.raises(AmbiguousFailure):
        partner.send(partner.prepare(message, catalog.read(message)))  # and nobody wrote it down
    with working(store, broker, partner) as works:
        delivered(works, 2)
    broker.close()
    partner.close()
    assert [kind for kind, _ in effects(province, number)] == ["dossier", "event"]


def test_a_person_is_told_which_field_is_not_as_sent(
    store: Store, province: SimulatorProcess, number: str
) -> None:
    """Nothing shows that seconds are cut off: the delivery waits, the field is named everywhere."""
    province.speak("minutes")
    partner, broker = destination(province, lag=timedelta()), MemoryBroker()
    watch = UnprovenEffects(store=store, rules=Rulebook.load())
    with working(store, broker, partner) as works:
        works.emit(registration(number))
        delivered(works, 1)
        province.set_faults([lost(K.DROP_AFTER_ACCEPT, STEPS)])
        works.emit(step(number, 1))
        works.wait(lambda _: bool(_stuck(store)), seconds=40)
        ((id, _, _, state, code, cause),) = _stuck(store)
        assert (state, code) == ("ambiguous", "reply_dropped")
        assert "ThoiDiemXuLy" in cause
        assert (watch.check(now()), watch.check(now())) == (1, 0)
        (task,) = _open(store)
        assert (task.kind, task.subject, task.owner) == ("effect_unproven", number, "ward clerk")
        assert "ThoiDiemXuLy" in task.detail
        assert f"hub deliveries resolve {id} delivered" in task.repair
        found = operations.Resolution.DELIVERED
        operations.resolve(store, id, found, actor="o", reason="seen there", now=now())
        works.relay.wakeup.wake()
        delivered(works, 2)
    watch.check(now())
    assert _open(store) == []
    broker.close()
    partner.close()
    assert len(effects(province, number)) == 2


def _stuck(store: Store) -> list[Any]:
    with store.read() as tx:
        return attention.stuck(tx)


def _open(store: Store) -> list[Any]:
    with store.read() as tx:
        return list(tasks.still_open(tx))
