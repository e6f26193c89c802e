"""Of several threads one works at a time, from one statement to the next.

At each statement and each commit a thread stands still, and chance decides who goes on. A thread
whose statement waits for a lock does not stand in the way of the others. Whether it waits is asked
of the database, never guessed from the time that it takes. Then the server's process for it is
halted: a commit may release several who want the same row next, and they go on one by one. Who gets
its lock stands still again before anything else happens in it. So the order is the same in every
run of a seed.
"""

import hashlib
import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

from tests.simulation.promises.promise import Broken, Promise

_LOOK = 0.002
"""Seconds after which the database is asked whether a statement waits; decides nothing."""


class Turn(NamedTuple):
    """Who went on, and with what."""

    worker: str
    what: str


class Database(NamedTuple):
    """What the scheduler asks of the database, by the numbers of its sessions."""

    blockers: Callable[[Collection[int]], Mapping[int, Collection[int]]]
    """Returns whom each of the sessions waits for: nobody where it is not there."""
    cancel: Callable[[int], None]
    """Ends the statement of a session."""
    halt: Callable[[int], None]
    """Has a session that waits for a lock do nothing when it gets it."""
    go_on: Callable[[int], None]
    """Ends this."""


class At(Enum):
    """Where a thread is."""

    HOME = auto()
    """It has nothing to do."""
    STANDING = auto()
    GOING = auto()
    """At work, or in a statement that waits for a lock: then it is in the scheduler's list."""


class Worker:
    """One thread, and what it does in the present round."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.at = At.HOME
        self.what = "begins"
        """What it does next."""
        self.session = 0
        """The database's number of the session that its statement runs in."""
        self.kept_back = False
        """It goes on when nobody else can."""
        self.opens = False
        """Whether its transaction has new deliveries."""
        self.has_waited = False
        self.is_victim = False
        self.work: Callable[[], None] | None = None
        self.go = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._live, name=name, daemon=True)
        self.done: Callable[[], None] = lambda: None

    def _live(self) -> None:
        while True:
            self.go.acquire()
            if self.work is None:
                return
            self.work()
            self.at = At.HOME
            self.done()


class ThreadScheduler:
    """Gives the threads their turns."""

    def __init__(
        self, draw: random.Random, database: Database, on_wait: Callable[[Worker, str], None]
    ) -> None:
        """`on_wait` is told that a worker waits, and for whom."""
        self._draw = draw
        self._database = database
        self._on_wait = on_wait
        self._workers: dict[int, Worker] = {}
        self._news = threading.Event()
        self._waiting: list[Worker] = []
        """In the order in which they began to wait."""
        self.turns: list[Turn] = []
        self.locks_met = 0

    @property
    def digest(self) -> str:
        """The hash of all turns."""
        made = hashlib.sha256()
        for turn in self.turns:
            made.update(f"{turn.worker}\x1f{turn.what}\n".encode())
        return made.hexdigest()

    def worker(self, name: str) -> Worker:
        """Make a thread that works in rounds."""
        made = Worker(name)
        made.done = self._news.set
        made.thread.start()
        assert made.thread.ident is not None
        self._workers[made.thread.ident] = made
        return made

    @property
    def mine(self) -> Worker | None:
        """The worker of the present thread, None where it is none."""
        return self._workers.get(threading.get_ident())

    def stand(self, worker: Worker, what: str, session: int = 0) -> None:
        """Stand still until it is this worker's turn to do something."""
        worker.what, worker.session = what, session
        worker.at = At.STANDING
        self._news.set()
        worker.go.acquire()

    def came_back(self, worker: Worker) -> bool:
        """Note that a statement has come back; tell whether it was ended as a deadlock's victim."""
        if worker.has_waited:
            worker.has_waited = False
            self.stand(worker, f"has its lock: {worker.what}")
        victim, worker.is_victim = worker.is_victim, False
        return victim

    def round(
        self,
        works: Sequence[tuple[Worker, Callable[[], None]]],
        goes_on: Callable[[Worker], bool],
    ) -> None:
        """Have all works done, each of which raises nothing; raises Broken.

        Where everybody else is kept back or waits, who is done begins again if he `goes_on`.
        """
        for worker, work in works:
            worker.work, worker.what = work, "begins"
            worker.at = At.STANDING
        workers = [worker for worker, _ in works]
        while True:
            self._settle(workers)
            ready = [it for it in workers if it.at is At.STANDING]
            if all(it.kept_back for it in ready):
                again = [it for it in workers if it.at is At.HOME and goes_on(it)]
                for worker in again:
                    worker.what, worker.at = "begins again", At.STANDING
                ready += again
            if ready:
                self._let_go(self._draw.choice([it for it in ready if not it.kept_back] or ready))
            elif self._waiting:
                self._end_deadlock()
            else:
                break

    def close(self) -> None:
        """End the threads; those in the middle of something are left where they are."""
        for worker in self._waiting:
            self._database.go_on(worker.session)
        for worker in self._workers.values():
            if worker.at is At.HOME:
                worker.work = None
                worker.go.release()

    def _let_go(self, worker: Worker) -> None:
        self.turns.append(Turn(worker.name, worker.what))
        worker.kept_back = False
        worker.at = At.GOING
        worker.go.release()

    def _settle(self, workers: Sequence[Worker]) -> None:
        """Return when everybody stands still, has ended, or waits for a lock."""
        while True:
            going = [it for it in workers if it.at is At.GOING and it not in self._waiting]
            if going:
                self._await(going, workers)
            elif not self._waiting or not self._let_released_go_on():
                return

    def _await(self, going: Sequence[Worker], workers: Sequence[Worker]) -> None:
        """Wait for news of those who go on; note it where they all wait for locks."""
        if self._news.wait(_LOOK):
            self._news.clear()
        elif all(it.session and not it.is_victim for it in going):
            blockers = self._blockers(going)
            # one that has gone on meanwhile stands still in another session, and says so
            if all(blockers.get(it.session) for it in going) and not self._news.is_set():
                for worker in going:
                    self._begins_to_wait(worker, blockers[worker.session], workers)

    def _blockers(self, waiting: Sequence[Worker]) -> Mapping[int, Collection[int]]:
        return self._database.blockers([it.session for it in waiting])

    def _let_released_go_on(self) -> bool:
        """Let the first that waits no more go on; tell whether there is one."""
        blockers = self._blockers(self._waiting)
        for worker in self._waiting:
            if not blockers.get(worker.session):
                self._waiting.remove(worker)
                self._database.go_on(worker.session)
                return True
        return False

    def _begins_to_wait(
        self, worker: Worker, blockers: Collection[int], workers: Sequence[Worker]
    ) -> None:
        self._database.halt(worker.session)
        self._waiting.append(worker)
        if not worker.has_waited:
            self.locks_met += 1
            worker.has_waited = True
            names = [it.name for it in workers if it.session in blockers]
            self._on_wait(worker, " and ".join(names) or "nobody")

    def _end_deadlock(self) -> None:
        """End the statement of the one that closed the circle, as the server itself would."""
        blockers = self._blockers(self._waiting)
        waiting = {worker.session for worker in self._waiting}
        if not all(waiting.issuperset(sessions) for sessions in blockers.values()):
            names = ", ".join(f"{it.name} ({it.what})" for it in self._waiting)
            what = f"nobody gives up the locks that {names} wait for"
            raise Broken(Promise.LOCKS_GIVEN_UP, what)
        victim = self._waiting.pop()
        victim.is_victim = True
        self._database.cancel(victim.session)
        self._database.go_on(victim.session)
