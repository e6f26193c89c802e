"""Coverage of stories: how often each move, failpoint, fault and verb was met, what never was."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from hub.rules.deliveries.states import MOVES, DeliveryState
from hub.runtime.failpoints import Point
from tests.simulation.actors import supervisors
from tests.simulation.actors.partner import WRONG
from tests.simulation.partners.expected import expected as of_adapters

S = DeliveryState
OF_OTHERS = {
    Point.CALLBACK_BEFORE_REPLY: "the gateway's process; the courier of a story has none",
    **{
        point: "the archive; no story archives yet"
        for point in Point
        if point.startswith(("archive", "erase", "restore"))
    },
}
"""Failpoints that stories do not pass, and why."""
_RESTORED = "a restored database; no story restores one yet"
MOVES_OF_OTHERS = {
    (S.PENDING, S.AMBIGUOUS): _RESTORED,
    (S.WAITING, S.AMBIGUOUS): _RESTORED,
    (S.HELD, S.AMBIGUOUS): _RESTORED,
}
"""Moves that stories do not make, and why."""
_VERBS = (
    "replay",
    "cancel",
    "by hand",
    "delivered by hand",
    "delivered",
    "absent",
    *supervisors.VERBS,
)
_HAPPENINGS = (
    "acknowledgement lost",
    "broker away",
    "broker emptied",
    "callback doubled",
    "callback early",
    "callback lost",
    "clicked twice",
    "clock set",
    "confirm lost",
    "consumer lost",
    "crash between steps",
    "machine sleeps",
    "message doubled",
    "messages reordered",
    "role stalled",
    "stop",
    "thread starved",
)


def expected() -> list[str]:
    """Return everything that stories should meet."""
    moves = [
        f"move {source} -> {target}"
        for source in MOVES
        for target in sorted(MOVES[source])
        if (source, target) not in MOVES_OF_OTHERS
    ]
    points = [f"point {point}" for point in Point if point not in OF_OTHERS]
    crashes = [f"fault crash at {point}" for point in Point if point not in OF_OTHERS]
    wrong = [f"fault {name} {kind}" for name in ("provincial", "town_center") for kind in WRONG]
    verbs = [f"verb {verb}" for verb in _VERBS]
    happenings = [f"fault {kind}" for kind in _HAPPENINGS]
    return [*moves, *points, *crashes, *happenings, *wrong, *verbs, *of_adapters()]


def never(met: Counter[str]) -> list[str]:
    """Return what no story met."""
    return [name for name in expected() if not met[name]]


def table(met: Counter[str]) -> Table:
    """Return the report."""
    made = Table("What", "Met", box=None)
    for name in sorted({*expected(), *met}):
        made.add_row(name, str(met[name]) if met[name] else "[bold red]never[/]")
    return made


def total(counts: Iterable[Counter[str]]) -> Counter[str]:
    """Return the sum."""
    summed: Counter[str] = Counter()
    for one in counts:
        summed.update(one)
    return summed
