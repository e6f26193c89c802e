"""A partner that is the simulator's own core, and the hub's real adapter in front of it.

The core keeps its own ledger in a file of the story; a restart forgets its memory and its sessions
and builds it anew from that file. Everything between adapter and core is `line` and `service`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from adapters.simulation.dialects.speech import Setting
from adapters.simulation.dialects.tables import MIXED, habits_of
from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Effect as Recorded
from adapters.simulation.ledger import Ledger
from adapters.simulation.partner import Partner as Core
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Answer, Destination, Question, Receipt, Request
from hub.rules.failures.errors import DeliveryFailure
from tests.simulation.partners.faults import StoryApplication, StoryDialects, StoryFaults
from tests.simulation.partners.loop import MESSAGE, StoryLoop
from tests.simulation.partners.protocol import Effect
from tests.simulation.partners.service import STATES, Service
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import short
from tests.simulation.world.process import Process
from tests.simulation.world.virtual_time import VirtualTime

Answered = TypeVar("Answered", bound=Answer)
LONGEST_WORK = 0.9 * 30
"""Seconds within which a partner has done its work, whatever became of the line."""
_HIDE_MARKS = frozenset({"no_echo", "other_echo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a simulated partner behaves in one story, and what the hub was told of it."""

    setting: Setting
    trouble: float
    is_known_to_profile: bool
    """Whether the installation's profile says what a rehearsal would have found out."""

    @property
    def habits(self) -> set[str]:
        """The names of all habits of its dialects."""
        names = self.setting.names
        if MIXED in names:
            return set(_HIDE_MARKS)
        return {habit.name for name in names for habit in habits_of(name)}

    @property
    def marks(self) -> bool:
        """Whether its replies bring the mark of their call back."""
        return not self.habits & _HIDE_MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a partner of a story stands in."""

    time: VirtualTime
    chance: Chance
    loop: StoryLoop
    directory: Path
    note: Callable[[str, str], None]
    on_effect: Callable[["SimulatedPartner", Effect], None]


class SimulatedPartner:
    """One partner of a story; see `protocol.Partner`."""

    def __init__(
        self,
        name: str,
        habits: Habits,
        world: World,
        *,
        make: Callable[[Ledger, Faults], Core],
        adapter: Callable[[], Destination],
        unknown_code: str,
    ) -> None:
        self.name = name
        self.habits = habits
        self.world = world
        self.unknown_code = unknown_code
        self.types: dict[str, str] = {}
        """Message id -> type, of what was prepared."""
        self.effects: list[Effect] = []
        self._has: set[str] = set()
        self.reports_itself = False
        self._make, self._adapter = make, adapter
        self._dialects = StoryDialects(name, world.chance, habits.setting)
        self.service = Service(
            name,
            loop=world.loop,
            time=world.time,
            chance=world.chance,
            trouble=habits.trouble,
            marks=habits.marks,
            note=self.say,
        )
        self._start()

    def attach(self) -> Destination:
        """Return a new adapter: a process that begins has no session and knows nothing."""
        return Attached(self._adapter(), self)

    def has(self, message_id: str) -> bool:
        """Tell whether its ledger has an effect of a message."""
        return message_id in self._has

    def is_at_work_on(self, message_id: str) -> bool:
        """Tell whether a call of a message is under way in it."""
        return self.world.loop.is_at_work_on(message_id)

    def misleads(self, message_id: str) -> bool:
        """Tell whether asking about a message would mislead just now."""
        return self.is_at_work_on(message_id)

    @property
    def is_misleading(self) -> bool:
        """Whether it would mislead about any message."""
        return self.world.loop.is_at_work

    def let_effects_come(self) -> int:
        """Do what is due."""
        return self.world.loop.run_due()

    @property
    def next_effect(self) -> float:
        """When it does the next thing by itself."""
        return self.world.loop.next_due

    def has_reports(self) -> bool:
        """Tell whether it has something to say to the hub now."""
        return False

    def report(self, process: Process) -> int:  # noqa: ARG002 - the province never calls
        """Say it to a process of the hub."""
        return 0

    def happen(self) -> None:
        """Let it be away, be maintained, or start again."""
        strikes, draw = self.world.chance.strikes, self.world.chance.order
        if strikes(f"{self.name} away", 0.003):
            state = draw.choice(STATES)
            self.service.enter(state, self.world.time.elapsed + draw.choice((5.0, 60.0, 900.0)))
            self.say(f"is {state}")
            self.world.chance.met[f"line {state}"] += 1
        if strikes(f"{self.name} restarts", 0.002):
            self.say("restarts and has forgotten every session")
            self.restart()

    def make_core(self, ledger: Ledger, faults: Faults) -> Core:
        """Return the program that begins."""
        return self._make(ledger, faults)

    def restart(self) -> None:
        """Forget everything that is not in the ledger."""
        self.world.loop.end_tasks(self.name)
        self.service.cut()
        self._ledger.close()
        self._start()

    def check_end(self) -> None:
        """Check its ledger; raises Broken, and AssertionError where the simulator failed."""
        counts = self._ledger.summary()
        if self.world.loop.failure:
            raise AssertionError(f"{self.name} failed: {self.world.loop.failure}")
        if counts["effects"] != len(self.effects):
            what = f"{self.name} has {counts['effects']} effects, {len(self.effects)} were seen"
            raise AssertionError(what)
        if self.world.chance.met["fault database restored"]:
            return  # what only the lost database knew may come again: promise 15
        for kind, promise in (
            ("duplicates", Promise.EFFECT_ONCE),
            ("out_of_order", Promise.EFFECTS_IN_ORDER),
        ):
            if counts[kind]:
                raise Broken(promise, f"the ledger of {self.name} says {counts}")

    def close(self) -> None:
        """Close the ledger, and count what it spoke."""
        self.world.loop.end_tasks(self.name)
        self._ledger.close()
        self.world.chance.met.update(
            {f"dialect {name}": count for name, count in self._dialects.spoken.items()}
        )

    def say(self, what: str) -> None:
        """Write a line of the story."""
        self.world.note(self.name, what)

    def _start(self) -> None:
        path = self.world.directory / f"{self.name}.ledger"
        self._ledger = StoryLedger(path, self._recorded)
        faults = StoryFaults(
            self.name, self.world.chance, trouble=self.habits.trouble, longest=LONGEST_WORK
        )
        self.core = self.make_core(self._ledger, faults)
        met = self.world.chance.met
        self.service.app = StoryApplication(self.core, self._dialects, met=met)
        self.world.loop.begin(self.name, self.core.start())

    def _recorded(self, effects: Sequence[Recorded]) -> None:
        now, message_id = self.world.time.elapsed, MESSAGE.get()
        for recorded in effects:
            type = self.types[message_id]
            effect = Effect(now, message_id, recorded.dossier, type, now)
            self.effects.append(effect)
            self._has.add(message_id)
            self.world.chance.met[f"effect {type}"] += 1
            self.say(f"{type} of {short(recorded.dossier)} takes effect: {recorded.key}")
            self.world.on_effect(self, effect)


class StoryLedger(Ledger):
    """Tells the story of each effect when it is committed."""

    def __init__(self, path: Path, recorded: Callable[[Sequence[Recorded]], None]) -> None:
        super().__init__(path)
        self._recorded = recorded

    async def record(self, effects: Sequence[Recorded]) -> None:
        """As the real one."""
        await super().record(effects)
        self._recorded(effects)


class Attached:
    """The real adapter; each call is known by the message that it is about."""

    def __init__(self, adapter: Destination, partner: SimulatedPartner) -> None:
        self.name, self.traits = adapter.name, adapter.traits
        self._adapter = adapter
        self._partner = partner

    def prepare(self, message: Message, payload: Payload) -> Request:
        """As the adapter."""
        self._partner.types[message.id] = message.type
        return self._adapter.prepare(message, payload)

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """As the adapter."""
        return self._noted(request, lambda: self._adapter.send(request, not_after=not_after))

    def question(self, request: Request) -> Question:
        """As the adapter."""
        return self._adapter.question(request)

    def find(self, request: Request) -> Answer:
        """As the adapter."""
        return self._noted(request, lambda: self._adapter.find(request), look_up=True)

    def ping(self) -> timedelta | None:
        """As the adapter."""
        return self._adapter.ping()

    def close(self) -> None:
        """As the adapter."""
        self._adapter.close()

    def _noted(
        self, request: Request, call: Callable[[], Answered], *, look_up: bool = False
    ) -> Answered:
        what = f"{'look-up for ' if look_up else ''}{request.operation} of {short(request.number)}"
        token = MESSAGE.set("" if look_up else request.message_id)
        try:
            answer = call()
        except DeliveryFailure as failure:
            self._partner.say(f"{what}: {type(failure).__name__} {failure.code}")
            raise
        finally:
            MESSAGE.reset(token)
        self._partner.say(f"{what}: {_shown(answer)}")
        return answer


def _shown(answer: Answer) -> str:
    kind = type(answer).__name__
    why = getattr(answer, "why", "") or ("already" if getattr(answer, "already", False) else "")
    return f"{kind} {why}".rstrip()
