"""What goes wrong at a simulated partner, by the story's chance: its faults and its habits."""

import random
from collections import Counter
from collections.abc import Mapping

from adapters.simulation.dialects.habit import Habit
from adapters.simulation.dialects.speech import Dialects, Setting
from adapters.simulation.faults import Fault, FaultKind, Faults
from adapters.simulation.misbehaviour import Application
from adapters.simulation.partner import Answer, Call, Partner
from tests.simulation.world.chance import Chance

K = FaultKind
WEIGHTS: Mapping[FaultKind, float] = {
    K.BUSY: 1.0,
    K.REFUSES: 0.3,
    K.SOAP_FAULT: 0.5,
    K.UNKNOWN_CODE: 0.4,
    K.LOST: 1.0,
    K.PROXY_GIVES_UP: 2.0,
    K.LINE_GIVES_UP: 2.0,
    K.SLOW: 1.0,
    K.EXPIRED_TOKEN: 1.0,
    K.DROP_AFTER_ACCEPT: 2.0,
    K.LATE: 1.5,
    K.TWICE: 0.5,
    K.SERVER_ERROR: 1.0,
    K.HTML: 0.6,
    K.TRUNCATED: 0.6,
    K.WRONG_ENCODING: 0.4,
    K.OTHER_DOSSIER: 0.6,
    K.HUGE: 0.1,
    K.REDIRECT: 0.3,
    K.DEEP: 0.2,
    K.ENTITIES: 0.2,
    K.CLOCK_AHEAD: 0.2,
    K.CALLBACKS_DOUBLED: 1.0,
    K.CALLBACKS_REORDERED: 1.0,
}
"""How often each kind comes, one beside another."""
_BEFORE_EFFECT = frozenset({K.SLOW, K.PROXY_GIVES_UP, K.LINE_GIVES_UP})
NOT_DONE = (403, 404, 429, 502, 503, 504)
"""What a gateway answers that has passed nothing on."""
GIVEN_UP = (408, 499, 500, 502, 503, 504)
"""What a gateway answers that may have passed it on: the statuses that promise nothing."""


class StoryFaults(Faults):
    """Draws the fault of each call from the story's chance."""

    def __init__(self, partner: str, chance: Chance, *, trouble: float, longest: float) -> None:
        """`longest`: seconds within which a partner has done its work."""
        super().__init__()
        self._partner, self._chance = partner, chance
        self._trouble, self._longest = trouble, longest

    def draw(
        self,
        operation: str,  # noqa: ARG002 - any may go wrong
        among: frozenset[FaultKind] = frozenset(FaultKind),
        *,
        named: bool = False,
    ) -> Fault | None:
        """Return what goes wrong with this call."""
        if named or not self._chance.strikes(f"{self._partner} fault", self._trouble):
            return None
        draw = random.Random(f"{self._partner} {self._chance.seed} {self._chance.struck[-1].nth}")
        kinds = [kind for kind in WEIGHTS if kind in among]
        if not kinds:
            return None
        (kind,) = draw.choices(kinds, [WEIGHTS[kind] for kind in kinds])
        self._chance.met[f"line {kind}"] += 1
        return Fault(kind=kind, seconds=self._seconds(kind, draw), status=_status(kind, draw))

    def _seconds(self, kind: FaultKind, draw: random.Random) -> float:
        if kind in _BEFORE_EFFECT:
            return draw.uniform(0, self._longest)
        return draw.choice((0.0, 2.0, 40.0, 100.0))


def _status(kind: FaultKind, draw: random.Random) -> int:
    return draw.choice(NOT_DONE if kind is K.LOST else GIVEN_UP)


class StoryApplication(Application):
    """Refuses now and then what it has done; its look-up shows that sooner or later."""

    def __init__(self, partner: Partner, dialects: "StoryDialects", *, met: Counter[str]) -> None:
        super().__init__(partner, dialects)
        self.met = met

    async def _faulty_answer(self, call: Call, fault: Fault) -> Answer:
        if fault.kind is K.REFUSES and fault.seconds:
            self.met["line contradicts"] += 1
            await self.partner.answer(call)
        return await super()._faulty_answer(call, fault)


class StoryDialects(Dialects):
    """Speaks one dialect; what of it goes wrong goes wrong by the story's chance."""

    def __init__(self, partner: str, chance: Chance, setting: Setting) -> None:
        super().__init__(0, setting)
        self._partner, self._chance = partner, chance
        self.draw = chance.stream(f"dialect {partner}")

    def _meets(self, habit: Habit, operation: str) -> bool:
        goes_wrong = habit.gateway is not None or (habit.ends_sessions and habit.share < 1)
        if not goes_wrong:
            return super()._meets(habit, operation)
        return self._chance.strikes(f"{self._partner} {habit.name}", habit.share)
