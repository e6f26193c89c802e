"""One story: from its seed to its end, step by step.

In each step one actor or one role of one process does one thing. When nobody has anything to do,
time leaps. After the last dossier faults cease, and time goes on until everything rests.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.messages.journal import JournalEntry
from tests.simulation.actors.counter import Acknowledged, clerks, contradict, repeat
from tests.simulation.actors.courier import Courier
from tests.simulation.actors.officers import Officers
from tests.simulation.actors.operators import Operators
from tests.simulation.actors.restorer import Teller
from tests.simulation.casting import actors_of
from tests.simulation.crash.handling import RECEIVED
from tests.simulation.crash.life import Acting, take
from tests.simulation.database.backend import Backend
from tests.simulation.faults_between_rounds import inject
from tests.simulation.partners.choice import PartnersOfStory
from tests.simulation.partners.protocol import Effect, Partner
from tests.simulation.plot import Plot
from tests.simulation.promises.at_end import check_end, check_proof
from tests.simulation.promises.effects import Effects
from tests.simulation.promises.promise import UNKNOWN_MOVE, Broken, Promise
from tests.simulation.telling.watch import Watch
from tests.simulation.traits import traits_of
from tests.simulation.world.broker import StoryBroker
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import Events
from tests.simulation.world.idle import is_idle, to_next_event
from tests.simulation.world.process import Changes, Process
from tests.simulation.world.virtual_time import VirtualTime
from tests.simulation.world.waiting import Waits

REST = 4 * 24 * 3600.0
"""Virtual seconds after the last fault by which everything has come to rest."""
LEAPS = (0.25, 1.0, 5.0, 20.0, 60.0, 300.0, 900.0)
Turn = tuple[str, Process | None, Callable[[], object]]
LETS_OTHERS_ACT = frozenset({"replays", "archivist"})
"""Steps in which the others go on: none of these is taken inside another one."""
MOST_CLERKS = 4
"""Clerks that tell something at once, at most; couriers, officers and repeats are not counted."""
COLLECT_EVERY = 250
"""Steps between two collections of garbage: it holds the bodies of messages and calls."""
PROVE_EVERY = 200
"""Writes between two counts of every row; the other promises are checked after each write."""


class TooLong(AssertionError):
    """The story has more steps than its plot allows."""


class Story:
    """The cast and the stage of one story."""

    weights: Mapping[str, float] = MappingProxyType({})
    """How much more often than usual faults happen, by their kinds."""

    def __init__(self, plot: Plot, directory: Path, rules: Rulebook, backend: Backend) -> None:
        self.plot = plot
        self.time = VirtualTime()
        self.chance = Chance(
            plot.seed,
            left_out=plot.left_out,
            moved=plot.moved,
            weights=dict(self.weights),
            counts_steps=plot.shortened,
        )
        self.events = Events()
        self.waits = Waits(self.time)
        self.met: Counter[str] = self.chance.met
        self.told = Acknowledged()
        self.broker = StoryBroker(self.chance)
        self.backend = backend
        self.observer = backend.reader
        self.changes = Changes(self.observer)
        self.partner_set = self._partners_of_story(directory)
        self.partners = self.partner_set.partners
        self.records = Records(rules)
        self.directory = directory
        self.traits = traits_of(plot.seed)
        names = backend.names if self.has_all_processes else backend.names[:-1]
        self.acting = Acting()
        self.processes = [self._process(name, directory) for name in names]
        self.store = backend.store()
        """Of no process: it reads what they wrote, whether they live or not."""
        self.effects = Effects(self.observer)
        self.courier = Courier(self.time, self.chance, self.told, self.note)
        self.operators = Operators(self.partners, self.chance, self.note)
        self.actors = actors_of(self, self.traits)
        self.clerks, self.officers = self._clerks(rules), Officers(self)
        self.steps = 0
        self._checked = 0
        """The write after which the promises were checked the last time."""
        self.broken: Broken | None = None
        """What broke while the hub made a call."""
        self.watch: Watch | None = None

    @cached_property
    def _people(self) -> set[str]:
        """Who works at a process and is no role of it; they write down themselves what they do."""
        return {"counter", "courier", *(actor.name for actor in self.actors)}

    @cached_property
    def _telling(self) -> list[Teller]:
        """Clerks whose call is under way."""
        return []

    @cached_property
    def _contradicted(self) -> set[str]:
        """Numbers of which another content is being told."""
        return set()

    @property
    def has_all_processes(self) -> bool:
        """Whether as many work on the database as can."""
        return self.traits.all_processes

    def _partners_of_story(self, directory: Path) -> PartnersOfStory:
        return PartnersOfStory(
            self.plot.partners,
            time=self.time,
            chance=self.chance,
            directory=directory,
            told=self.told,
            note=self.note,
            on_effect=self._effect,
        )

    def _process(self, name: str, directory: Path) -> Process:
        return Process(
            name,
            directory,
            self.backend.store(),
            time=self.time,
            chance=self.chance,
            broker=self.broker,
            records=self.records,
            partners=self.partners,
            changes=self.changes,
            acting=self.acting,
        )

    def note(self, actor: str, what: str) -> None:
        """Write down what happened."""
        self.events.add(self.time.elapsed, actor, what)

    def run(self) -> None:
        """Play the story to its end; raises Broken."""
        for process in self.processes:
            process.meanwhile = partial(self._round_of_others, process)
            process.start()
        while self.clerks:
            if not self._round():
                self.time.advance(to_next_event(self, LEAPS[-1]))
        self.go_on(600.0)
        self._calm_down()
        self.go_on(REST)
        for actor in self.actors:
            actor.end()
        check_end(self.store, self.partners, self.told, self.operators.settled, self.effects)

    def close(self) -> None:
        """Give back what the processes hold."""
        for process in self.processes:
            process.close()
        self.courier.close()
        self.partner_set.close()
        self.store.close()
        self.backend.close()

    def _calm_down(self) -> None:
        """From here on nothing goes wrong any more."""
        self.chance.calm = True
        self.note("story", "faults cease")
        self._look("story", "")
        for process in self.processes:
            process.skew = 0.0
            process.pacing.go_on()
            if process.dead:
                process.start()

    def go_on(self, seconds: float) -> None:
        """Go on until so much time has passed, or until everything rests after the faults."""
        end, leap = self.time.elapsed + seconds, 0
        while self.time.elapsed < end:
            if self._round():
                leap = 0
                continue
            if self.chance.calm and leap == len(LEAPS) - 1 and is_idle(self):
                return
            if self.chance.takes_step("time leaps"):
                self.time.advance(to_next_event(self, LEAPS[leap]))
            leap = min(leap + 1, len(LEAPS) - 1)

    def _round(self) -> int:
        """Let everybody who has something to do do one thing, in an order by chance."""
        turns = list(self._turns())
        self.chance.order.shuffle(turns)
        done = 0
        for name, process, work in turns:
            if process is not None and process.dead:
                continue
            done += self._step(name, process, work)
        self._happen()
        return done

    def _round_of_others(self, waiting: Process) -> None:  # noqa: ARG002 - InterleavedStory chooses by it
        """Let the others go on while a role of this process waits for what they do."""
        for name, process, work in list(self._turns()):
            if name not in LETS_OTHERS_ACT and not (process is not None and process.dead):
                self._step(name, process, work)

    def _turns(self) -> Iterator[Turn]:
        for process in self.processes:
            for name, work in process.steps():
                yield name, process, work
        if self._is_effect_due():
            yield "partners", None, self._late_effects
        if alive := [process for process in self.processes if not process.dead]:
            taking = self.chance.order.choice(alive)
            yield from self._turns_of_people(taking, self._process_of_couriers(taking, alive))

    def _process_of_couriers(self, counter: Process, alive: Sequence[Process]) -> Process:  # noqa: ARG002 - InterleavedStory chooses by it
        """Return the process that couriers call; here it is the one that has the counter."""
        return counter

    def _turns_of_people(self, taking: Process, beside: Process) -> Iterator[Turn]:
        for clerk in self.chance.order.sample(self.clerks, min(3, len(self.clerks))):
            yield "counter", taking, partial(self._hand_in, clerk, taking)
        for partner in self.partners:
            if partner.has_reports():
                yield "courier", beside, partial(partner.report, beside)
        if self.partner_set.is_real and self.officers.wants_to_act():
            yield "counter", taking, partial(self.officers.act, taking)
        if self.courier.due():
            yield "courier", beside, partial(self.courier.work, beside)
        for actor in self.actors:
            if actor.share and self.chance.order.random() < actor.share:
                yield actor.name, taking, partial(actor.act, taking)

    def is_role(self, name: str, process: Process | None) -> bool:
        """Tell whether a step is a role's of a process, and nobody else's."""
        return process is not None and name not in self._people

    def _step(self, name: str, process: Process | None, work: Callable[[], object]) -> int:
        whose = f"{process.name} " if process and self.is_role(name, process) else ""
        if not self.chance.takes_step(f"{whose}{name}"):
            return 0
        self._look("story", "")  # what happened before this step is no part of it
        self.steps += 1
        if self.steps > self.plot.at_most:
            raise TooLong
        if self.steps % COLLECT_EVERY == 0:
            gc.collect(1)
        self.waits.waited = 0.0
        self.time.advance(self.chance.order.uniform(0.001, 0.05))
        if self._is_effect_due():
            self._late_effects()  # partners wait for nobody's turn, however long a step was
        done = take(self.acting, process, (name, work)) if process else int(work() or 0)  # type: ignore[call-overload]
        if process:
            process.looked(name, done)
        if done and name not in self._people:
            self.note(process.name if process else name, f"{name} {done}")
        self._look(process.name if process else name, name)
        self._check_promises(process)
        return done

    def _look(self, who: str, step: str) -> None:
        if self.watch is not None:
            self.watch.look(self.time.elapsed, who, step)

    def _check_promises(self, process: Process | None) -> None:
        """Check what must hold after every step."""
        if self.broken is not None:
            raise self.broken
        if process and process.role_crashes:
            error = process.role_crashes[0]
            is_move = UNKNOWN_MOVE in error
            raise Broken(Promise.LEGAL_MOVES if is_move else Promise.NO_ERROR_IN_A_ROLE, error)
        writes = self.changes.writes
        if writes == self._checked:
            return
        self.backend.check()
        if writes // PROVE_EVERY != self._checked // PROVE_EVERY:
            check_proof(self.store)
        self._checked = writes

    def _happen(self) -> None:
        inject(self)
        for actor in self.actors:
            actor.happen()
        self._look("story", "")

    def leap(self, seconds: float) -> None:
        """Let so much time pass at once; what the partners had under way has come by then."""
        self.time.advance(seconds)
        self._late_effects()

    def _is_effect_due(self) -> bool:
        return any(partner.next_effect <= self.time.elapsed for partner in self.partners)

    def _late_effects(self) -> int:
        return sum(partner.let_effects_come() for partner in self.partners)

    def _hand_in(self, clerk: Teller, process: Process) -> int:
        if clerk.done or process.dead or clerk in self._telling:
            return 0
        self._telling.append(clerk)
        try:
            done = clerk.work(process)
        finally:
            self._telling.remove(clerk)
        self.clerks = [one for one in self.clerks if not one.done]
        return done

    def let_others_tell(self, entry: JournalEntry) -> None:
        """Let others tell something while a caller waits for its commit."""
        process = self.acting.process
        assert isinstance(process, Process)
        if entry.message.key in self._contradicted:
            return  # who contradicts neither repeats nor lets others tell
        if self.chance.strikes("told twice at once", 0.02):
            self.note("counter", f"repeats {entry.message.type} before it is answered")
            repeat(process, entry.message, self.told, self.chance)
            return  # the repeat has let others tell, and all is committed
        if entry.message.type == RECEIVED and self.chance.strikes("told differently at once", 0.05):
            self.note("counter", f"contradicts {entry.message.type} before it is answered")
            self._contradicted.add(entry.message.key)
            try:
                contradict(process, entry.message, self.told)
            finally:
                self._contradicted.remove(entry.message.key)
            return
        free = [one for one in self.clerks if one not in self._telling]
        if len(self._telling) < MOST_CLERKS and free and self.chance.strikes("told together", 0.3):
            self._hand_in(self.chance.order.choice(free), process)

    def _effect(self, partner: Partner, effect: Effect) -> None:
        try:
            self.effects.happened(partner, effect)
        except Broken as broken:
            self.broken = self.broken or broken  # the hub outlives whatever a call raises
        if self.watch is not None:
            self.watch.effect(partner.name, effect)
        if not partner.reports_itself:
            self.courier.heard(effect)

    def _clerks(self, rules: Rulebook) -> list[Teller]:
        made = clerks(
            rules,
            self.plot.dossiers,
            seed=self.plot.seed,
            told=self.told,
            chance=self.chance,
            note=self.note,
        )
        return [clerk for nth, clerk in enumerate(made) if nth not in self.plot.without]
