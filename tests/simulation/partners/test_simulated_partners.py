"""The real adapters over the line in memory: what it takes of time, and what a restart keeps."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.simulation.dialects.speech import Setting
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.partner import LookUp
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.ports import Absent, Destination, Receipt, Request
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.simulation.actors.counter import Acknowledged
from tests.simulation.partners.choice import ADAPTERS, PartnersOfStory
from tests.simulation.partners.protocol import Effect, Partner
from tests.simulation.partners.simulated import SimulatedPartner
from tests.simulation.play import play
from tests.simulation.plot import Plot
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.chance import Chance
from tests.simulation.world.virtual_time import VirtualTime, ruled
from tests.support.works import record


class Stage:
    """A province and a town that are well, and the adapters of one process."""

    def __init__(self, place: Path) -> None:
        self.time, self.chance = VirtualTime(), Chance(1)
        self.chance.calm = True
        self.effects: list[Effect] = []
        self.partner_set = PartnersOfStory(
            ADAPTERS,
            time=self.time,
            chance=self.chance,
            directory=place,
            told=Acknowledged(),
            note=lambda *_: None,
            on_effect=self._happened,
        )
        province, _ = self.partner_set.partners
        assert isinstance(province, SimulatedPartner)
        self.province: SimulatedPartner = province
        province._dialects.switch(Setting())

    def _happened(self, _partner: Partner, effect: Effect) -> None:
        self.effects.append(effect)


@pytest.fixture(autouse=True)
def _no_loop_of_others() -> Iterator[None]:
    """A browser of an earlier test leaves its loop running in this thread; a story has its own."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Partners, with the time and the chance of a story."""
    with ExitStack() as stack:
        made = Stage(tmp_path)
        stack.callback(made.partner_set.close)
        stack.enter_context(made.partner_set.ruled())
        stack.enter_context(ruled(made.time, made.chance.stream("urandom")))
        yield made


def prepared(adapter: Destination, message: Message) -> Request:
    """Return the request of a message."""
    return adapter.prepare(message, catalog.read(message))


def with_fault(stage: Stage, *kinds: FaultKind, seconds: float = 0.0) -> None:
    """Have the province's next calls go wrong so, in their order."""
    left = [Fault(kind=kind, seconds=seconds, status=502) for kind in kinds]

    def draw(operation: str, *_: object, **__: object) -> Fault | None:
        return left.pop(0) if left and operation == "DongBoHoSoMC" else None

    stage.province.core.faults.draw = draw  # type: ignore[method-assign]


def test_a_call_takes_the_storys_time_and_its_effect_is_in_the_ledger(stage: Stage) -> None:
    """Login and call, in less than a second of the story."""
    adapter = stage.province.attach()
    message = record(1, 1)
    receipt = adapter.send(prepared(adapter, message))
    assert receipt.reference
    assert 0 < stage.time.elapsed < 1
    assert stage.province.has(message.id)
    assert [(it.message_id, it.type) for it in stage.effects] == [(message.id, "province.dossier")]


def test_an_effect_that_comes_after_the_line_ended_comes_when_its_time_has_come(
    stage: Stage,
) -> None:
    """The partner is at work on the message until then, and says so."""
    adapter = stage.province.attach()
    message = record(1, 1)
    request = prepared(adapter, message)
    with_fault(stage, FaultKind.PROXY_GIVES_UP, seconds=20.0)
    with pytest.raises(AmbiguousFailure):
        adapter.send(request)
    assert stage.province.is_at_work_on(message.id)
    assert isinstance(adapter.find(request), Absent)
    stage.time.advance_to(stage.province.next_effect)
    stage.province.let_effects_come()
    assert stage.time.elapsed == pytest.approx(20.0, abs=1.0)
    assert not stage.province.is_at_work_on(message.id)
    assert isinstance(adapter.find(request), Receipt)


def test_a_reply_that_does_not_come_is_waited_for_as_long_as_the_adapter_does(
    stage: Stage,
) -> None:
    """Half a minute of the story, and none of the machine."""
    adapter = stage.province.attach()
    with_fault(stage, FaultKind.LATE, seconds=100.0)
    with pytest.raises(AmbiguousFailure, match="reply_timeout"):
        adapter.send(prepared(adapter, record(1, 1)))
    assert stage.time.elapsed == pytest.approx(30.0, abs=1.0)
    assert len(stage.effects) == 1


def test_a_restart_keeps_the_ledger_and_forgets_sessions_and_work_under_way(stage: Stage) -> None:
    """The adapter logs in again; what was to come late never comes."""
    adapter = stage.province.attach()
    first, second = record(1, 1), record(2, 1)
    adapter.send(prepared(adapter, first))
    with_fault(stage, FaultKind.LINE_GIVES_UP, seconds=20.0)
    with pytest.raises(AmbiguousFailure):
        adapter.send(prepared(adapter, second))
    stage.province.restart()
    stage.time.advance(60.0)
    stage.province.let_effects_come()
    assert isinstance(adapter.find(prepared(adapter, first)), Receipt)
    assert isinstance(adapter.find(prepared(adapter, second)), Absent)
    stage.province.check_end()


def test_a_restart_hides_nothing_that_a_lagging_look_up_has_shown(stage: Stage) -> None:
    """What was there before the program began is not behind."""
    adapter = stage.province.attach()
    request = prepared(adapter, record(1, 1))
    adapter.send(request)
    stage.province.restart()
    office = stage.province.core.office  # type: ignore[attr-defined]
    assert office.look_up(request.number, LookUp(behind=30.0)).found


@pytest.mark.parametrize(
    ("kind", "promise"),
    [("duplicates", Promise.EFFECT_ONCE), ("out_of_order", Promise.EFFECTS_IN_ORDER)],
)
def test_what_a_ledger_says_is_told_as_the_promise_that_it_breaks(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str, promise: Promise
) -> None:
    """Its order is another promise than its number."""
    counts = {"effects": 0, "duplicates": 0, "out_of_order": 0, kind: 1}
    monkeypatch.setattr(stage.province._ledger, "summary", lambda: counts)
    with pytest.raises(Broken) as broken:
        stage.province.check_end()
    assert broken.value.promise is promise


def test_a_partner_that_is_away_has_no_effect(stage: Stage) -> None:
    """Nobody listens: nothing can have been done."""
    adapter = stage.province.attach()
    stage.province.service.enter("away", 60.0)
    with pytest.raises(TransientFailure, match="partner_unreachable"):
        adapter.send(prepared(adapter, record(1, 1)))
    stage.time.advance(61.0)
    adapter.send(prepared(adapter, record(1, 1)))
    assert len(stage.effects) == 1


def test_a_story_with_adapters_is_the_same_story_each_time() -> None:
    """Same seed, same hash; the adapters, both cores and the courier took part."""
    plot = Plot(seed=2, dossiers=4, partners=ADAPTERS)
    one, other = (play(plot, Rulebook.load()) for _ in range(2))
    assert one.broken == ""
    assert one.digest == other.digest
    assert one.met["adapter town rest"] == 1
    assert one.met["effect province.dossier"] > 0
