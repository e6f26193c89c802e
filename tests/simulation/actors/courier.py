"""The town's reports of what it does with a dossier: late, doubled, out of order, told again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages import catalog
from hub.messages import payloads as p
from tests.simulation.actors.office import Note, Told, tell
from tests.simulation.actors.partner import Effect
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import short
from tests.simulation.world.process import Process
from tests.simulation.world.virtual_time import VirtualTime

STEPS = (p.TownStep.ACCEPTED, p.TownStep.MOVED_ON, p.TownStep.ENDED)


@dataclass
class Report:
    """One step that the town has to report."""

    due: float
    payload: p.TownStepReported
    told_again: bool = False


class Courier:
    """Carries the town's reports to the hub."""

    def __init__(self, time: VirtualTime, chance: Chance, told: Told, note: Note) -> None:
        self.time = time
        self.chance = chance
        self.told = told
        self.note = note
        self.waiting: list[Report] = []
        self._draw = chance.stream("courier")

    def heard(self, effect: Effect) -> None:
        """Plan the reports of a dossier that the town has got."""
        if effect.type != "town.transfer":
            return
        at = self.time.elapsed
        for sequence, step in enumerate(STEPS, start=1):
            at += self._draw.uniform(5, 120)
            payload = p.TownStepReported(
                number=effect.number,
                sequence=sequence,
                step=step,
                at=self._moment(sequence),
                officer="Cán bộ Thử",
            )
            early = self.chance.strikes("callback early", 0.1)
            self.waiting.append(Report(self.time.elapsed + 0.01 if early else at, payload))

    def due(self) -> list[Report]:
        """Return what is to be told by now."""
        return [report for report in self.waiting if report.due <= self.time.elapsed]

    @property
    def next_due(self) -> float:
        """When the next report is due."""
        return min((report.due for report in self.waiting), default=float("inf"))

    def work(self, process: Process) -> int:
        """Tell one report that is due."""
        report = self._draw.choice(self.due())
        message = catalog.compose(
            report.payload, time=report.payload.at, source=catalog.TOWN_CENTER
        )
        self.note("town", f"reports step {report.payload.sequence} of {short(message.key)}")
        if self.chance.strikes("callback lost", 0.05):
            report.due = self.time.elapsed + 30
            return 1
        if not tell(process, message, self.told, self.chance):
            report.due = self.time.elapsed + 30
        elif not report.told_again and self.chance.strikes("callback doubled", 0.1):
            report.told_again, report.due = True, self.time.elapsed + self._draw.uniform(0, 60)
        else:
            self.waiting.remove(report)
        return 1

    def _moment(self, sequence: int) -> datetime:
        return self.time.now() + timedelta(days=sequence)
