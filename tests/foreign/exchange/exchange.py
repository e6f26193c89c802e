"""A whole exchange with a foreign partner, a province or the town, and what does not agree."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hub.messages import payloads as p
from tests.foreign.exchange import judge
from tests.foreign.exchange.drill import Drill, open_drill, plans
from tests.foreign.exchange.line import USUAL, Shares
from tests.foreign.exchange.partner import Kind

RETURNED_AFTER = timedelta(days=40)


def run(
    kind: Kind,
    place: Path,
    *,
    dossiers: int,
    kills: Sequence[str],
    seed: int,
    shares: Shares = USUAL,
) -> tuple[Drill, list[str]]:
    """Exchange so many dossiers; return the drill and what does not agree, in words.

    The line is unreliable until all is handed in, for the town also while it is told the results.
    After that all must come to its end: a query lost by chance would only put off the end.
    """
    with open_drill(kind, place, seed=seed, shares=shares) as drill:
        town = kind.mode == "town"
        drill.hand_in(plans(dossiers, inter_level=town, seed=seed), kills=list(kills))
        if town:
            drill.wait_told(dossiers)
            return_results(drill)
        drill.line.calm()
        drill.settle()
        return drill, problems(drill)


def return_results(drill: Drill) -> None:
    """Have the ward hand out every result, which the town is to be told."""
    for planned in drill.handed_in:
        at = planned.reception.received_at + RETURNED_AFTER
        said = p.DossierProgressed(
            number=planned.number,
            status=p.Status.RETURNED,
            at=at,
            officer="Trần Thị Trả",
            unit="Một cửa",
        )
        drill.counter.emit(said, at=at, source="workstation-1")


def problems(drill: Drill) -> list[str]:
    """Return what is lost, doubled or out of order by the partner's own ledger."""
    read = judge.in_town if drill.kind.mode == "town" else judge.in_province
    theirs = read(drill.partner.entries())
    ours = judge.delivered(drill.store, drill.destination)
    missing = sorted(set(drill.counter.numbers) - set(theirs))
    return [*judge.wrong(ours, theirs), *(f"{number} lost: not there" for number in missing)]
