"""A partner's announced maintenance: a dated window in which the hub must not call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from hub.rules.calls.call_limits import CallLimits, Dated
from tests.simulation.actors.actor import Actor
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.virtual_time import BEGINS

if TYPE_CHECKING:
    from tests.simulation.story import Story

LASTS = (300.0, 1200.0, 7200.0)
MARGIN = timedelta(seconds=100)
"""By more than this no clock of a process is wrong."""


class Maintenance(Actor):
    """One window of one partner."""

    def __init__(self, stage: "Story") -> None:
        self.stage = stage
        draw = stage.chance.stream("maintenance")
        self.partner = draw.choice(stage.partners)
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

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Look at each call to the partner."""
        partner: Any = self.partner
        send = partner.send

        def watched(*args: Any, **more: Any) -> Any:
            now, window = self.stage.time.now(), self.window
            if window.starts + MARGIN < now < window.ends - MARGIN:
                why = f"{partner.name} was called in its maintenance"
                self.stage.broken = self.stage.broken or Broken(Promise.MAINTENANCE_KEPT, why)
            return send(*args, **more)

        with mock.patch.object(partner, "send", watched):
            yield

    def happen(self) -> None:
        """Count how often it was in force."""
        if self.window.starts < self.stage.time.now() < self.window.ends:
            self.stage.chance.met["maintenance"] += 1
