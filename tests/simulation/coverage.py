"""Coverage of stories: how often each move, failpoint, fault and verb was met, what never was."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from adapters.simulation.dialects.tables import DIALECTS
from hub.messages import catalog
from hub.rules.deliveries.states import MOVES
from hub.rules.users.approvals import ApprovalState
from hub.runtime.failpoints import Point
from tests.simulation.actors import approvers, archivist, operators, supervisors
from tests.simulation.partners.faults import WEIGHTS
from tests.simulation.partners.model import WRONG
from tests.simulation.partners.service import ON_THE_WAY, STATES

_VERBS = (
    *operators.VERBS,
    *supervisors.VERBS,
    *(verb for verb in approvers.VERBS if verb not in approvers.REFUSALS),
    *(f"{verb} refused" for verb in approvers.REFUSALS),
    "approve stale",
    *archivist.VERBS,
)
_OUTCOMES = (
    *(f"approval {state}" for state in ApprovalState),
    *(f"archive {step}" for step in ("read", "compared", "archived", "erased")),
    "papers before a restore",
    "group of several",
    "group tried one by one",
    "write without room",
    "file without room",
    "told again",
    "maintenance",
    "restored noticed",
    "restored unnoticed",
    "restored with an open plan",
    "restored with an open proposal",
)
"""What comes of acts and happenings."""
_HAPPENINGS = (
    "acknowledgement lost",
    "broker away",
    "broker emptied",
    "callback answer lost",
    "callback doubled",
    "callback early",
    "callback lost",
    "clicked twice",
    "clock set",
    "confirm lost",
    "database restored",
    "days pass",
    "disk full",
    "consumer lost",
    "crash between steps",
    "machine sleeps",
    "message doubled",
    "messages reordered",
    "months pass",
    "reception late",
    "role stalled",
    "stop",
    "thread starved",
    "told differently at once",
    "told together",
    "told twice at once",
)
_PARTNERS = sorted(catalog.PARTNERS)
_OF_PARTNERS = ("away", "restarts", "look-up fails", "look-up says nothing")
_HABITS = sorted({habit.name for habits in DIALECTS.values() for habit in habits})
_DRAWS = ("fault", "line", "unreachable", *_HABITS)
"""What adapters' partners draw; which fault it was is met as a `line` or a `dialect`."""

_OF_ADAPTERS = (
    "adapter province soap",
    "adapter province rest",
    "adapter town rest",
    *(f"effect {type}" for type, reader in catalog.READERS.items() if reader in _PARTNERS),
)


def expected() -> list[str]:
    """Return everything that stories should meet."""
    moves = [f"move {source} -> {target}" for source in MOVES for target in sorted(MOVES[source])]
    points = [f"point {point}" for point in Point]
    crashes = [f"fault crash at {point}" for point in Point]
    wrong = [f"fault {name} {kind}" for name in _PARTNERS for kind in WRONG]
    wrong += [f"fault {name} {kind}" for name in _PARTNERS for kind in _OF_PARTNERS]
    wrong += [
        f"line {kind}" for kind in (*WEIGHTS, *ON_THE_WAY, *STATES, "unreachable", "contradicts")
    ]
    wrong += [f"dialect {habit}" for habit in _HABITS]
    verbs = [f"verb {verb}" for verb in _VERBS]
    verbs += [
        f"verb {verb} while an effect is under way" for verb in ("absent", "by hand", "cancel")
    ]
    happenings = [f"fault {kind}" for kind in _HAPPENINGS]
    return [*moves, *points, *crashes, *happenings, *wrong, *verbs, *_OUTCOMES, *_OF_ADAPTERS]


def never(met: Counter[str], also: Iterable[str] = ()) -> list[str]:
    """Return what no story met; `also`: what these stories should have met, too."""
    return [name for name in dict.fromkeys((*expected(), *also)) if not met[name]]


def unnamed(met: Counter[str], also: Iterable[str] = ()) -> list[str]:
    """Return the faults that stories met and no list names: they could stop coming unnoticed."""
    draws = (f"fault {name} {kind}" for name in _PARTNERS for kind in _DRAWS)
    named = {*expected(), *also, *draws}
    return sorted(name for name in met if name.startswith("fault ") and name not in named)


def table(met: Counter[str]) -> Table:
    """Return the report."""
    made = Table("What", "Met", box=None)
    for name in sorted({*expected(), *met}):
        made.add_row(name, str(met[name]) if met[name] else "[bold red]never[/]")
    return made
