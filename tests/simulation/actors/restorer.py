"""A database that is lost: an old copy is put back, as `docs/runbook/operate.md` says.

The partners' ledgers, the stored files and the broker stay ahead of it. The hub is prepared by the
command for that, which may be killed and given again. What senders were told since is safe, and is
gone, they tell once more: the counters from what they kept, the town on request.
"""

import random
from collections import deque
from collections.abc import Iterable
from sqlite3 import Connection
from typing import TYPE_CHECKING, Protocol

from hub.exchange.housekeeping.requeue import rebuild
from hub.messages.envelope import Message
from hub.operations.archive.files.layout import ENDING
from hub.operations.restore import restore
from hub.store.messages.blobs import BlobStore
from hub.store.repair.restore import CallCounterFile
from tests.simulation.actors.actor import Actor
from tests.simulation.actors.counter import DAY, Acknowledged, Note, store_again, tell
from tests.simulation.crash.life import take
from tests.simulation.database.backend import InMemory
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.chance import Chance
from tests.simulation.world.process import CALLS, Process

if TYPE_CHECKING:
    from tests.simulation.story import Story

AT_ONCE = 5
"""Messages that a sender tells again in one step."""
_KNOWN = "SELECT destination, message_id FROM deliveries"
_DECIDED = "SELECT destination, lane FROM deliveries WHERE state IN ('by_hand', 'cancelled')"

_ORDERED = {
    "plan": "SELECT 1 FROM replay_items JOIN replay_work USING (plan) WHERE outcome IS NULL "
    "AND verdict = 'would_send' AND phase IN ('ready', 'running', 'paused') LIMIT 1",
    "proposal": "SELECT 1 FROM approvals WHERE state = 'open' LIMIT 1",
}


class Teller(Protocol):
    """One who tells the hub something."""

    @property
    def done(self) -> bool:
        """Whether everything is told."""

    def work(self, process: Process) -> int:
        """Tell the next thing."""


class ToldAgain:
    """Senders who tell again what the hub does not have any more."""

    def __init__(
        self, lost: Iterable[Message], told: Acknowledged, chance: Chance, note: Note
    ) -> None:
        self._left = deque(lost)
        self.told, self.chance, self.note = told, chance, note

    @property
    def done(self) -> bool:
        """Whether everything is told."""
        return not self._left

    def work(self, process: Process) -> int:
        """Tell some of it, in the order in which it was told first."""
        for _ in range(AT_ONCE):
            if self._left and not process.dead:
                message = self._left[0]
                self.note("senders", f"tell {message.type} of {message.key[-4:]} again")
                is_there = store_again(process, message, self.told)
                if is_there and tell(process, message, self.told, self.chance):
                    self._left.popleft()
        return 1


class Restorer(Actor):
    """Who makes copies, and puts one back."""

    name = "restorer"

    def __init__(self, stage: "Story", database: InMemory) -> None:
        self.stage, self.database, self.chance = stage, database, stage.chance
        self.mark = CallCounterFile(stage.directory / CALLS)
        self._swept = 0
        """Calls that were made when a sweep of a timer had ended the last time."""
        for process in stage.processes:
            process.swept = self._count_calls
        self._draw: random.Random = stage.chance.stream("restorer")
        self._copy: Connection | None = None
        self._has_orders = False
        """Whether the copy has what persons have ordered and nobody has done yet."""
        self._is_prepared = False
        self._was_late = False
        """Whether it was lost after the faults had ceased."""
        self._calm_since = 0.0

    def happen(self) -> None:
        """Make a copy now and then; lose the database while there is more to tell, or to do.

        What persons have ordered is copied before it is done, and lost after it.
        """
        if not self.chance.calm:
            self._calm_since = self.stage.time.elapsed
        ordered = bool(self._ordered())
        is_done = self._has_orders and not ordered
        if not is_done and self._draw.random() < (0.3 if ordered else 0.02):
            self.stage.note("restorer", "makes a copy of the database")
            self._copy, self._has_orders = self.database.copy(), ordered
        elif self._copy and (is_done or self.stage.clerks) and self._is_lost(is_done):
            self._put_back(self._copy)

    def _is_lost(self, is_done: bool) -> bool:
        """Tell whether the database is lost now; once also when faults have ceased, for orders."""
        if not self.chance.calm:
            return self.chance.strikes("database restored", 0.3 if is_done else 0.03)
        late = self.stage.time.elapsed > self._calm_since + DAY
        if late or self._was_late or not is_done or self._draw.random() > 0.3:
            return False
        self._was_late = True
        self.chance.met["fault database restored"] += 1
        return True

    def _ordered(self) -> list[str]:
        return [what for what, query in _ORDERED.items() if self.database.reader.rows(query)]

    def _put_back(self, copy: Connection) -> None:
        stage = self.stage
        for process in stage.processes:
            if not process.dead:
                process.crash()
        known, moves = self._pairs(_KNOWN), self.database.moves()
        decided = self._pairs(_DECIDED)
        self.database.put_back(copy)
        moves.subtract(self.database.moves())
        stage.note("restorer", "puts the copy back")
        self._has_orders = False
        for what in self._ordered():
            self.chance.met[f"restored with an open {what}"] += 1
        for (source, target), count in moves.items():
            self.chance.met[f"move {source} -> {target}"] += count
        noticed = self.mark.is_ahead(stage.store)
        if self._calls() < self._swept and not noticed:
            raise Broken(Promise.OLD_COPY_NOTICED, "an old database is not noticed")
        self.chance.met["restored noticed" if noticed else "restored unnoticed"] += 1
        stage.changes.written(new_rows=True)
        stage.operators.old_copy(self._calls(), self._given("deliveries"))
        stage.effects.go_back(
            lost=known - self._pairs(_KNOWN), decided=decided - self._pairs(_DECIDED)
        )
        self._put_files_back()
        self._have_told_again()
        self._prepare(stage.processes[0])
        if self.mark.is_ahead(stage.store):
            raise Broken(Promise.OLD_COPY_NOTICED, "a database that was prepared counts as old")
        self._count_calls()

    def _put_files_back(self) -> None:
        """Bring back the files that an archive has taken since, and move what it wrote aside."""
        files = self.stage.processes[0].files
        for sha256 in self._column("SELECT DISTINCT sha256 FROM dossier_files ORDER BY sha256"):
            place = BlobStore.place(files, sha256)  # no process is needed
            if not place.is_file() and sha256 in self.stage.told.pages:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(self.stage.told.pages[sha256])
        known = set(self._column("SELECT name FROM archive_files"))
        for file in sorted((self.stage.directory / "archive").glob(f"*{ENDING}")):
            if file.name not in known:
                file.unlink()

    def _prepare(self, process: Process) -> None:
        """Give the command of the runbook until it has ended well; then start anew."""
        self._is_prepared = False
        while not self._is_prepared:
            process.start()
            take(self.stage.acting, process, (self.name, lambda: self._command(process)))
        process.crash()

    def _command(self, process: Process) -> int:
        restored = restore(
            process.store,
            process.receive.handle_one,
            self.mark,
            {"actor": "Lê Thị Lưu", "reason": "disk lost", "now": process.clock()},
        )
        if restored.failed:
            raise Broken(Promise.OLD_COPY_NOTICED, f"{restored.failed} messages of the copy failed")
        enqueued = rebuild(process.store, clock=process.clock)
        process.changes.orders += 1
        self.stage.note(self.name, f"{restored.queried} are asked about, {enqueued} enqueued")
        self.chance.met["restored queried"] += restored.queried
        self.chance.met["restored behind"] += restored.behind
        self._is_prepared = True
        return 1

    def _have_told_again(self) -> None:
        stage = self.stage
        there = set(self._column("SELECT id FROM journal"))
        # The journal of a dossier left with it: nothing of it is lost.
        archived = set(self._column("SELECT number FROM archived_dossiers"))
        lost = [
            it
            for id, it in stage.told.acknowledged.items()
            if id not in there and it.key not in archived
        ]
        for message in lost:
            del stage.told.acknowledged[message.id]
        self.chance.met["told again"] += len(lost)
        of_others = [it for it in lost if not stage.courier.tell_again(it.id)]
        if of_others:
            stage.clerks.insert(0, ToldAgain(of_others, stage.told, self.chance, stage.note))

    def _pairs(self, query: str) -> set[tuple[str, str]]:
        return {(partner, of) for partner, of in self.database.reader.rows(query)}

    def _count_calls(self) -> None:
        self._swept = self._calls()

    def _calls(self) -> int:
        return self._given("attempts")

    def _given(self, table: str) -> int:
        """Return the last number that the database gave in a table."""
        names = self.database.reader.rows("SELECT name, seq FROM sqlite_sequence")
        return int(dict(names).get(table, 0))

    def _column(self, query: str) -> list[str]:
        return [value for (value,) in self.database.reader.rows(query)]
