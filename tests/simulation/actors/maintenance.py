"""A partner's announced maintenance: a dated window in which the hub must not call it."""

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.rules.calls.call_limits import CallLimits, Dated
from tests.simulation.promises.listener import Listener
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.virtual_time import BEGINS

if TYPE_CHECKING:
    from tests.simulation.story import Story

LASTS = (300.0, 1200.0, 7200.0)
MARGIN = timedelta(seconds=100)
"""By more than this no clock of a process is wrong."""


class Maintenance(Listener):
    """One window of one partner."""

    def __init__(self, stage: "Story") -> None:
        self.stage = stage
        draw = stage.chance.stream("maintenance")
        self.partner = draw.choice(stage.partners)
        super().__init__([self.partner])
        starts = BEGINS + timedelta(seconds=draw.uniform(20, 90))
        self.window = Dated(
            partner=self.partner.name,
            reason_vi="bảo trì",
            reason_en="maintenance",
            valid_from=BEGINS.date(),
            source="stories",
            starts=starts,
            ends=starts + timedelta(seconds=draw.choice(LASTS)),
        )
        for process in stage.processes:
            process.limits = CallLimits(windows=(self.window,))

    def begins(self, partner: str, kind: str) -> None:
        """Require that no call, and no question, falls into the window."""
        now, window = self.stage.time.now(), self.window
        if window.starts + MARGIN < now < window.ends - MARGIN:
            why = f"{partner} was called ({kind}) in its maintenance"
            self.stage.broken = self.stage.broken or Broken(Promise.MAINTENANCE_KEPT, why)

    def happen(self) -> None:
        """Count how often it was in force."""
        if self.window.starts < self.stage.time.now() < self.window.ends:
            self.stage.chance.met["maintenance"] += 1
