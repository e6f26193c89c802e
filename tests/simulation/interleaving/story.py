"""A story of several processes on PostgreSQL: in a round they act together, in threads.

Each process has a thread, and so have the counter, the courier, and the persons who decide.
In a round each takes its steps one after another, and all of them stand still at each statement and
each commit. Between two rounds nobody is in the middle of anything: there time leaps, and what
nobody wants happens, as in a story of one thread. In a round a process may end or be kept back at
any statement.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from hub.records.rulebook import Rulebook
from hub.store.engine.store import is_away
from tests.simulation.crash.life import Crash, Step
from tests.simulation.interleaving import scheduler
from tests.simulation.interleaving.backend import PostgresBackend
from tests.simulation.interleaving.database import Server
from tests.simulation.interleaving.scheduler import ThreadScheduler, Worker
from tests.simulation.partners.choice import MODELS
from tests.simulation.play import memory_place, play_out
from tests.simulation.plot import Ended, Plot
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.story import Story, Turn
from tests.simulation.world.process import Process

DIES = 0.001
"""At how many statements in a transaction a process ends."""
KEPT_BACK = {False: 0.003, True: 0.08}
"""At how many it is kept back, outside a transaction and inside."""
PAUSES = (*[0.0] * 37, 1.0, 30.0, 700.0)
"""Seconds that pass while it is kept back; the last outlasts a lease."""
MORE_OFTEN = {"message doubled": 6.0, "consumer lost": 3.0}
"""Faults that have two processes work on the same thing: an interleaved story has more of them."""
OPENING_KEPT_BACK = 0.3
"""How many transactions with new deliveries are kept back before their commit.

They have decided by what is open in their lanes, so the others then go on for longer than usual.
"""
MEANWHILE = 8
"""How often a process takes each step until then."""
OPENS = "INSERT INTO deliveries"
COMMIT = "COMMIT"
CALLERS = ("counter", "courier")
"""Who hands messages in."""
BATCH = 3
"""Messages that a process handles at once: few, so that several have messages of one dossier."""


class StoryOver(BaseException):
    """Another thread has ended the story."""


class InterleavedStory(Story):
    """One story whose transactions interleave."""

    backend: PostgresBackend
    weights = MORE_OFTEN
    has_all_processes = True  # the more of them, the more often they meet

    def __init__(
        self, plot: Plot, directory: Path, rules: Rulebook, backend: PostgresBackend
    ) -> None:
        super().__init__(plot, directory, rules, backend)
        server = backend.reader
        self.scheduler = ThreadScheduler(
            random.Random(f"baton {plot.seed}"),
            scheduler.Database(server.blockers, server.cancel, server.halt, server.go_on),
            self._waits,
        )
        self._workers = {
            process.name: self.scheduler.worker(process.name) for process in self.processes
        }
        self._workers_of_people = {
            name: self.scheduler.worker(name) for name in (*CALLERS, "persons")
        }
        self._failure: BaseException | None = None
        self._done = 0
        self._kept_open = 0
        """How many are kept back with new deliveries."""
        self._taken: Counter[tuple[str, str]] = Counter()
        """How often each process has taken each of its steps in this round."""
        self._rested = 0
        """The write after which it was checked the last time what holds between rounds."""

    def run(self) -> None:
        """Play the story to its end; raises Broken."""
        for process in self.processes:
            process.batch = BATCH
            process.store.boundaries = self  # type: ignore[attr-defined]
        super().run()
        self.met["locks met"] += self.scheduler.locks_met
        self.met["turns"] += len(self.scheduler.turns)
        self.note("story", f"{len(self.scheduler.turns)} turns, hash {self.scheduler.digest}")

    def close(self) -> None:
        """Give back what the processes hold, and end the threads."""
        self.scheduler.close()
        super().close()

    def before(self, line: psycopg.Connection[Any], what: str) -> None:
        """Stand still before a statement or a commit; the process may end here."""
        worker = self.scheduler.mine
        if worker is None:
            return
        self.scheduler.stand(worker, what, line.info.backend_pid)
        process = self.acting.process
        if self._failure is not None:
            line.rollback()
            raise StoryOver
        if not isinstance(process, Process):
            return
        inside = line.info.transaction_status == TransactionStatus.INTRANS
        worker.opens = what.startswith(OPENS) or (worker.opens and inside)
        if not process.dead:
            self._strike(worker, process, line, what, inside=inside)
        if process.dead:
            line.rollback()  # as the server does when the connection is gone, but before we go on
            raise Crash

    def after(self, line: psycopg.Connection[Any]) -> None:  # noqa: ARG002 - its shape
        """Go on when it is this thread's turn, where the statement has waited for a lock."""
        worker = self.scheduler.mine
        if worker is not None and self.scheduler.came_back(worker):
            self.met["deadlock"] += 1
            self.note(worker.name, f"is ended by the database as a deadlock: {worker.what}")
            raise psycopg.errors.DeadlockDetected("deadlock detected")

    def failed(self, error: sa.exc.SQLAlchemyError) -> None:
        """End the story where the database ends what the hub does, whether the hub outlives it."""
        if is_away(error):
            broken = Broken(Promise.NO_ERROR_IN_A_ROLE, f"the database ended a step: {error}")
            self.broken = self.broken or broken

    def _strike(
        self,
        worker: Worker,
        process: Process,
        line: psycopg.Connection[Any],
        what: str,
        *,
        inside: bool,
    ) -> None:
        if inside and self.chance.strikes("crash in a transaction", DIES):
            self.note(process.name, f"is killed in a transaction, before {what}")
            process.crash()
        elif self.chance.strikes(
            "kept back in a transaction" if inside else "kept back", KEPT_BACK[inside]
        ):
            seconds = self.chance.order.choice(PAUSES)
            if seconds:
                self.note(worker.name, f"is kept back for {seconds:.0f} s before {what}")
                self.leap(seconds)
            self._keep_back(worker, what, line)
        elif (
            worker.opens
            and what == COMMIT
            and self.chance.strikes("kept back with new deliveries", OPENING_KEPT_BACK)
        ):
            self._kept_open += 1
            self._keep_back(worker, what, line)
            self._kept_open -= 1

    def _keep_back(self, worker: Worker, what: str, line: psycopg.Connection[Any]) -> None:
        worker.kept_back = True
        self.scheduler.stand(worker, what, line.info.backend_pid)

    def _waits(self, worker: Worker, whom: str) -> None:
        self.note(worker.name, f"waits for a lock of {whom}: {worker.what}")

    def _round(self) -> int:
        """Let everybody do what there is to do, together."""
        turns = [turn for turn in self._turns() if not self.is_role(*turn[:2])]
        self.chance.order.shuffle(turns)
        works: list[tuple[Worker, Callable[[], None]]] = [
            (self._workers[process.name], partial(self._act, process))
            for process in self.processes
            if not process.dead
        ]
        for name, worker in self._workers_of_people.items():
            if mine := [turn for turn in turns if _whose(turn, turns) == name]:
                works.append((worker, partial(self._take_turns, mine)))
        self._done = 0
        self._taken.clear()
        guarded = [(worker, partial(self._guarded, work)) for worker, work in works]
        self.scheduler.round(guarded, self._goes_on)
        if self._failure is not None:
            raise self._failure
        self._check_at_rest()
        self._happen()
        return self._done

    def _process_of_couriers(self, counter: Process, alive: Sequence[Process]) -> Process:
        """Have them call another process than the counter does: both write messages at once."""
        others = [process for process in alive if process is not counter]
        return self.chance.order.choice(others) if others else counter

    def _check_at_rest(self) -> None:
        """Check what holds between two rounds only."""
        if self.changes.writes != self._rested:
            crashed = any(process.dead for process in self.processes)
            self.backend.check_at_rest(crashed=crashed)
            self._rested = self.changes.writes

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do a thread's work; what breaks in it ends the story for all."""
        try:
            work()
        except BaseException as error:
            self._failure = self._failure or error

    def _act(self, process: Process) -> None:
        """Take each step of a process that is due, or comes to be, as often as it may be."""
        while steps := self._steps_left(process):
            name, work = self.chance.order.choice(steps)
            self._taken[process.name, name] += 1
            self._done += self._step(name, process, work)

    def _steps_left(self, process: Process) -> list[Step]:
        most = MEANWHILE if self._kept_open else 1
        return [it for it in process.steps() if self._taken[process.name, it[0]] < most]

    def _goes_on(self, worker: Worker) -> bool:
        """Tell whether a process that is through with this round has something to do again."""
        return self._kept_open > 0 and any(
            self._workers[it.name] is worker and self._steps_left(it) for it in self.processes
        )

    def _take_turns(self, turns: Sequence[Turn]) -> None:
        for name, process, work in turns:
            if process is None or not process.dead:
                self._done += self._step(name, process, work)

    def _round_of_others(self, waiting: Process) -> None:
        """Let the other roles of a process go on; other processes do so by themselves."""
        for name, process, work in list(self._turns()):
            own = process is waiting and self.is_role(name, process) and name != "replays"
            if not waiting.dead and (own or process is None):
                self._step(name, process, work)

    def _check_promises(self, process: Process | None) -> None:
        """Check what is committed, whatever is under way."""
        if self._failure is not None:
            raise StoryOver
        super()._check_promises(process)


def _whose(turn: Turn, turns: Sequence[Turn]) -> str:
    """Return in whose thread a turn is taken. One thread calls a process: see its group commit."""
    name, process, _ = turn
    if name == "courier" and any(it[0] == "counter" and it[1] is process for it in turns):
        return "counter"
    return name if name in CALLERS else "persons"


def play(plot: Plot, rules: Rulebook, server: Server, *, watched: bool = False) -> Ended:
    """Play a story on a database of its own and return how it ended; its partners are models."""
    plot = replace(plot, partners=MODELS)
    with tempfile.TemporaryDirectory(dir=memory_place()) as place, server.database() as url:
        story = InterleavedStory(plot, Path(place), rules, PostgresBackend(url))
        return play_out(story, watched=watched)
