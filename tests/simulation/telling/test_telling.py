"""What a person reads of a story, and how it is made short."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from hub.records.rulebook import Rulebook
from tests.simulation import coverage
from tests.simulation.play import play
from tests.simulation.plot import Ended, Plot
from tests.simulation.telling.shrink import shortest
from tests.simulation.telling.table import as_table
from tests.simulation.telling.watch import Row, Watch
from tests.simulation.world.chance import FaultId
from tests.simulation.world.events import Events

NUMBER = "000.99.01.H57-180831-0002"
ROWS = [
    Row(0.5, "counter", "tells dossier.received of 180831-0002"),
    Row(0.75, "hub-1", "handles messages", "1 province.dossier of 180831-0002: pending"),
    Row(1.0, "hub-1", "works on deliveries to provincial", "1, 12: pending -> sending"),
    Row(400.0, "operator", "cancel of 11", "11: held -> cancelled"),
]


def _printed(ended: Ended) -> str:
    console = Console(width=150, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(as_table(ended), highlight=False)
    return captured.get()


def test_a_story_begins_with_what_broke_and_its_last_line_about_it_is_red() -> None:
    """Dossiers have letters in every column, and long silences are told."""
    broken = "9: delivery 12 is sending for ever, next None"
    colours = _printed(Ended(plot=Plot(seed=3), broken=broken, rows=ROWS)).splitlines()
    printed = [re.sub("\x1b[^m]*m", "", line) for line in colours]
    assert 'Seed 3 breaks promise 9, "When faults have ceased' in printed[0]
    assert NUMBER[-11:] not in "\n".join(printed[:-1])
    assert "A is 180831-0002" in printed[-1]
    red = [line for line in colours[2:] if "\x1b[1;31m" in line]
    assert len(red) == 1
    assert "1, 12: pending -> sending" in red[0]
    assert any("7 minutes later" in line for line in printed)


def test_numbers_of_dossiers_are_letters_in_the_first_line_too() -> None:
    """The whole number and the short one are the same dossier."""
    broken = f"1: town.transfer of {NUMBER} took effect twice at town_center"
    printed = _printed(Ended(plot=Plot(seed=3), broken=broken, rows=ROWS))
    assert "town.transfer of A took effect twice at town_center" in printed
    assert "tells dossier.received of A" in printed


def test_a_story_is_left_with_the_one_dossier_the_one_fault_and_the_one_step_it_needs() -> None:
    """A story that breaks when dossier 7, the second lost reply and the third act are in it."""
    fault, step = FaultId("reply lost", 2), FaultId("step operators", 3)

    def play(plot: Plot) -> Ended:
        struck = [FaultId("reply lost", nth) for nth in range(1, 9)]
        taken = [FaultId("step operators", nth) for nth in range(1, 9)] if plot.shortened else []
        left = [it for it in [*struck, *taken] if it not in plot.left_out]
        needed = {fault, step} if plot.shortened else {fault}
        breaks = 7 not in plot.without and needed <= set(left)
        events = Events()
        for it in left:
            events.add(1.0, "story", f"{it}")
        return Ended(
            plot=plot,
            broken="2: out of order" if breaks else "",
            steps=10,
            struck=[it for it in left if it in struck],
            taken=[it for it in left if it in taken],
            events=events,
        )

    short = shortest(play(Plot(seed=1)), play)
    assert short.plot.without == frozenset(range(20)) - {7}
    assert short.struck == [fault]
    assert short.taken == [step]
    assert play(replace(short.plot)).broken == short.broken


def test_steps_of_persons_have_other_names_than_those_of_roles() -> None:
    """A step of a person is left out before a look of a role, which would only come later."""
    ended = play(Plot(seed=1, dossiers=2, shortened=True), Rulebook.load())
    kinds = {kind for kind, _ in ended.taken}
    assert {"step counter", "step operators", "step hub-1 relay"} <= kinds
    of_roles = {kind.split()[-1] for kind in kinds if kind.startswith("step hub-")}
    assert not of_roles & {"counter", "courier", "operators", "supervisors"}


class NoMoves:
    """A store in which nothing happens."""

    def rows(self, *_: object, **__: object) -> Sequence[tuple[Any, ...]]:
        """Nothing."""
        return ()


def test_what_others_did_is_no_part_of_a_roles_line() -> None:
    """Each of its own line and time; what the partner did in a call belongs to the call."""
    events = Events()
    watch = Watch(NoMoves(), events.all, [])  # type: ignore[arg-type]
    events.add(10.0, "story", "1000 days pass")
    events.add(90_000.0, "archivist", "archive run")
    events.add(90_001.0, "provincial", "province.dossier takes effect")
    events.add(90_001.0, "hub-1", "call provincial 1")
    watch.look(90_002.0, "hub-1", "call provincial")
    assert watch.rows == [
        Row(10.0, "story", "1000 days pass"),
        Row(90_000.0, "archivist", "archive run"),
        Row(90_002.0, "hub-1", "calls provincial: province.dossier takes effect"),
    ]


def test_times_after_the_first_day_have_days() -> None:
    """Hours of years are read by nobody."""
    rows = [Row(0.75, "hub-1", "starts"), Row(38_886_149.144, "hub-1", "stops")]
    printed = _printed(Ended(plot=Plot(seed=3), rows=rows))
    assert "0:00:00.750" in printed
    assert "450 d 01:42:29 " in printed


def test_a_kind_of_fault_that_no_list_names_is_told() -> None:
    """Else it could stop coming, and nobody would notice."""
    met = Counter(
        {"fault disk full": 1, "fault new": 2, "line late": 1, "fault provincial line": 1}
    )
    assert coverage.unnamed(met) == ["fault new"]
    assert coverage.unnamed(met, ["fault new"]) == []
    assert "line late" not in coverage.never(met)
    assert "fault town_center restarts" in coverage.never(met)
