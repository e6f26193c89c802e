"""The town's reports of what it does with a dossier: late, doubled, out of order, told again.

A report is a signed callback; the hub's gateway receives it, all but the HTTP around it.
"""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from adapters.town_center import contract, mapping
from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.settings import TownSettings
from hub.messages import payloads as p
from hub.store.engine.store import StoreUnavailable
from tests.simulation.actors import callbacks
from tests.simulation.actors.counter import Acknowledged, Note
from tests.simulation.crash.excused import require_excused
from tests.simulation.crash.life import Crash
from tests.simulation.partners.protocol import Effect
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import short
from tests.simulation.world.process import Process
from tests.simulation.world.virtual_time import VirtualTime

STEPS = (p.TownStep.ACCEPTED, p.TownStep.MOVED_ON, p.TownStep.ENDED)
AGAIN = 30.0
"""Seconds after which the town tells a step again that was not acknowledged."""
_SECRET = "a secret of stories"
_SETTINGS = TownSettings(
    url="http://127.0.0.1:9",
    client_id="hub",
    client_secret=_SECRET,
    callback_secret=_SECRET,
    file_base_url="http://127.0.0.1:9/files",
)


@dataclass
class Report:
    """One step that the town has to report."""

    due: float
    step: contract.StepReport
    told_again: bool = False


class Courier:
    """Carries the town's reports to the hub."""

    def __init__(self, time: VirtualTime, chance: Chance, told: Acknowledged, note: Note) -> None:
        self.time = time
        self.chance = chance
        self.told = told
        self.note = note
        self.waiting: list[Report] = []
        self.callbacks = TownCallbacks(_SETTINGS, clock=time.now)
        self._heard: set[str] = set()
        self._told: dict[str, contract.StepReport] = {}
        """What was acknowledged, by message id."""
        self._draw = chance.stream("courier")

    def heard(self, effect: Effect) -> None:
        """Plan the reports of a dossier that the town has got."""
        if effect.type != "town.transfer" or effect.number in self._heard:
            return
        self._heard.add(effect.number)
        at = self.time.elapsed
        for sequence, step in enumerate(STEPS, start=1):
            at += self._draw.uniform(5, 120)
            report = contract.StepReport(
                event_id=f"SK-{effect.number[-4:]}-{sequence}",
                number=effect.number,
                sequence=sequence,
                step=step,
                at=self.time.now() + timedelta(days=sequence),
                officer="Cán bộ Thử",
            )
            early = self.chance.strikes("callback early", 0.1)
            self.waiting.append(Report(self.time.elapsed + 0.01 if early else at, report))

    def tell_again(self, message_id: str) -> bool:
        """Report a step again because the hub asks for it; tell whether it was one."""
        step = self._told.pop(message_id, None)
        if step is not None:
            self.waiting.append(Report(self.time.elapsed + AGAIN, step))
        return step is not None

    def due(self) -> list[Report]:
        """Return what is to be told by now."""
        return [report for report in self.waiting if report.due <= self.time.elapsed]

    @property
    def next_due(self) -> float:
        """When the next report is due."""
        return min((report.due for report in self.waiting), default=float("inf"))

    def work(self, process: Process) -> int:
        """Tell one report that is due, where none has told it meanwhile."""
        due = self.due()
        if not due:
            return 0
        report = self._draw.choice(due)
        self.note("town", f"reports step {report.step.sequence} of {short(report.step.number)}")
        if self.chance.strikes("callback lost", 0.05) or not self._call(process, report.step):
            report.due = self.time.elapsed + AGAIN
        elif not report.told_again and self.chance.strikes("callback doubled", 0.1):
            report.told_again, report.due = True, self.time.elapsed + self._draw.uniform(0, 60)
        else:
            self.waiting.remove(report)
        return 1

    def close(self) -> None:
        """Give back what the callbacks hold."""
        self.callbacks.close()

    def _call(self, process: Process, step: contract.StepReport) -> bool:
        """Call the gateway of a process; tell whether the town got an acknowledgement."""
        body = msgspec.json.encode(step)
        headers = sign(body, _SECRET, at=self.time.now())
        try:
            given = callbacks.receive(self.callbacks, process, body, headers, process.intake)
        except StoreUnavailable as error:
            require_excused(error)
            return False  # no answer: it is told again
        except Crash:
            process.crash()
            return False
        if given.status >= 400:
            self.told.refused.append(f"callback: {given.cause or given.reply}")
            return given.status < 500
        message = mapping.step_message(step, ())
        self._told[message.id] = step
        self.told.acknowledge(message)
        return not self.chance.strikes("acknowledgement lost", 0.03)
