"""The ward's officers at their screen: they hand out what is finished, and supply what is wanted.

What a clerk of the counter tells was planned before; this follows from what the records show.
"""

import random
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from hub.drill.pilot.scenario import Planned
from hub.messages import payloads as p
from hub.store.records.reading import reports
from tests.simulation.actors.counter import Acknowledged, Clerk, Note
from tests.simulation.world.chance import Chance
from tests.simulation.world.process import Process

if TYPE_CHECKING:
    from tests.simulation.story import Story

LOOKS = 0.03
"""Probability that somebody looks at the screen in a round."""
Line = tuple[str, p.Payload, bytes]


class Errand(Clerk):
    """What an officer tells of one dossier, each until it is acknowledged."""

    def __init__(
        self,
        number: str,
        lines: list[Line],
        at: datetime,
        told: Acknowledged,
        chance: Chance,
        note: Note,
    ) -> None:
        self._lines = lines
        planned = SimpleNamespace(number=number, reception=SimpleNamespace(received_at=at))
        super().__init__(cast(Planned, planned), told, chance, note)

    def _all(self) -> list[Line]:
        return self._lines


class Officers:
    """All of them."""

    def __init__(self, stage: "Story") -> None:
        self.store, self.note = stage.store, stage.note
        self.told, self.chance = stage.told, stage.chance
        self.errands: list[Errand] = []
        self._draw: random.Random = stage.chance.stream("window")
        self._seen: set[tuple[str, datetime]] = set()
        """Dossiers that somebody has taken up, with since when they waited."""

    def wants_to_act(self) -> bool:
        """Tell whether somebody has something to tell, or looks at the screen."""
        return bool(self.errands) or self._draw.random() < LOOKS

    def act(self, process: Process) -> int:
        """Tell one thing, or look."""
        if not self.errands:
            return self.look()
        errand = self._draw.choice(self.errands)
        done = errand.work(process)
        self.errands = [it for it in self.errands if not it.done]
        return done

    def look(self) -> int:
        """Take up what the screen shows; return how many dossiers."""
        before = len(self.errands)
        with self.store.read() as tx:
            finished = reports.in_status(tx, p.Status.FINISHED)
            wanted = reports.in_status(tx, p.Status.SUPPLEMENT_REQUESTED)
        for number, since in sorted(set(finished) - self._seen):
            self._take_up(number, since, [_progress(number, p.Status.RETURNED, since)])
        for number, since in sorted(set(wanted) - self._seen):
            papers = [_paper(number, f"BS-{since:%y%m%d%H%M}-{name}", since) for name in "AB"]
            self._take_up(number, since, [*papers, _progress(number, p.Status.PROCESSING, since)])
        return len(self.errands) - before

    def _take_up(self, number: str, since: datetime, lines: list[Line]) -> None:
        self._seen.add((number, since))
        self.errands.append(Errand(number, lines, since, self.told, self.chance, self.note))


def _progress(number: str, status: p.Status, since: datetime) -> Line:
    payload: Any = p.DossierProgressed(
        number=number,
        status=status,
        at=since + timedelta(minutes=10),
        officer="Lê Văn Trả",
        unit="Bộ phận một cửa",
    )
    return "workstation-1", payload, b""


def _paper(number: str, component: str, since: datetime) -> Line:
    at = since + timedelta(minutes=5)
    payload: Any = p.DocumentScanned(
        number=number, component=component, scanned_at=at, device="scanner-1"
    )
    return "scanner-1", payload, f"{number} {component}".encode()
