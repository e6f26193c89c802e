"""One running stage for all chaos tests, and dossiers for them to hand in."""

import contextlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Mix, Planned
from hub.records.rulebook import Rulebook
from hub.runtime.clock import utc_now
from tests.chaos.figures import retention
from tests.chaos.figures.judge import judge, verdict, wait_settled
from tests.chaos.load import Counter, Load, Refused
from tests.chaos.stage import Stage, open_stage

PLANNED = 16_000
OFTEN = 25
"""How many times as often as in the pilot a dossier goes to the town: its steps need many."""
PATIENCE = 60.0
REST = timedelta(seconds=0.2)
"""Between two dossiers of a clerk: a fault needs work in every role, not all that it can do."""


@dataclass
class Drill:
    """A stage with a counter and rows of dossiers; a row that has come to its end says so."""

    stage: Stage
    counter: Counter
    of_the_ward: Iterator[Planned]
    inter_level: Iterator[Planned]
    mixed: Iterator[Planned]

    def hand_in(self, of_the_ward: int, inter_level: int = 0) -> None:
        """Hand dossiers in, all acknowledged when it returns."""
        chosen = [
            *itertools.islice(self.of_the_ward, of_the_ward),
            *itertools.islice(self.inter_level, inter_level),
        ]
        load = Load(self.counter, iter(chosen))
        load.start()
        load.join()
        assert load.problems == []
        assert load.handed_in == of_the_ward + inter_level

    @contextlib.contextmanager
    def under_load(self) -> Iterator[None]:
        """Two clerks hand in dossiers for the length of the block."""
        load = Load(self.counter, self.mixed, clerks=2, rest=REST)
        acknowledged = len(self.counter.acknowledged)
        load.start()
        while load.working and len(self.counter.acknowledged) == acknowledged:
            threading.Event().wait(0.02)
        try:
            yield
        finally:
            load.enough.set()
            load.join()
        assert load.problems == []

    def now(self) -> datetime:
        """Return the time by the right clock."""
        return utc_now()

    def assert_sound(self) -> None:
        """Everything is done, once, in order; the balance holds. What was archived is brought
        back first, so that the judge has every row."""
        assert wait_settled(self.stage, PATIENCE), self.stage.unsettled()
        retention.pause(self.stage)
        done = 1
        while done:  # the timer may have been archiving when it was paused
            done, wrong = retention.bring_back(self.stage, self.counter)
            assert wrong == []
        assert verdict(judge(self.stage, self.counter)) == []


def _planned() -> tuple[Mix, list[Planned]]:
    rules, mix = Rulebook.load(), scenario.load_mix()
    shares = [
        replace(share, count=share.count * OFTEN)
        if any(rules.procedure(code, mix.until).inter_level for code in share.procedures)
        else share
        for share in mix.shares
    ]
    mix = scenario.scaled(replace(mix, shares=tuple(shares)), PLANNED)
    return mix, list(scenario.plan(mix, rules, seed=3, agency="000.99.01.H57"))


def _row(name: str, plans: list[Planned]) -> Iterator[Planned]:
    """Yield the plans. A clerk who finds none left tells the test, which would wait in vain."""
    yield from plans
    raise Refused(f"all {len(plans)} dossiers {name} are handed in, the drill needs more planned")


@pytest.fixture(scope="package")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """A stage whose roles all work."""
    mix, plans = _planned()
    first, second = plans[: PLANNED // 2], plans[PLANNED // 2 :]
    ward = _row("of the ward", [plan for plan in first if not plan.inter_level])
    upward = _row("of both levels", [plan for plan in first if plan.inter_level])
    as_in_life = [plan for n, plan in enumerate(second) if n % OFTEN == 0 or not plan.inter_level]
    mixed = _row("of the pilot's mix", as_in_life)
    directory: Path = tmp_path_factory.mktemp("chaos")
    stop = threading.Event()
    with open_stage(directory, seed=3, until=mix.until) as stage:
        counter = Counter(stage.gateway_url, stage.intake_token, give_up=stop)
        yield Drill(stage, counter, ward, upward, mixed)
        stop.set()
        counter.close()
