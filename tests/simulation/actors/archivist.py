"""The archive of a story: months pass, finished dossiers leave, some come back, some are erased.

While a run gives way to deliveries, and now and then between two of its batches, the others go on.
Before rows are deleted a plain copy of them is kept, to which what is restored must be equal.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

from hub.operations.archive import erasing, holding, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying, writing
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.role import Archivist as ArchiveRole
from hub.operations.signed_by import SignedBy
from hub.store.archive import rows
from hub.store.archive.pages import free_pages
from hub.store.engine.store import Store, Tx
from hub.texts import Explained
from tests.simulation.actors.actor import Actor, NothingToDo, one_of, signed
from tests.simulation.crash.life import Crash, take
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.aging import aging
from tests.simulation.world.process import Process

if TYPE_CHECKING:
    from tests.simulation.story import Story

DAY = 24 * 3600.0
LEAPS = (60 * DAY, 450 * DAY, 450 * DAY)
MOST_LEAPS = 3
REST = 5 * DAY
"""After the last fault: by then everything has come to rest."""
LONG_AFTER = 1000 * DAY
"""At the end: everything that may go is old enough by then."""
UNDER_FIRE = 4
"""Runs at the end in which faults strike."""
VERBS = {
    "archive run": 6,
    "restore dossier": 2,
    "hold dossier": 1,
    "release dossier": 1,
    "erase dossier": 1,
}
"""By name, with how often one is drawn beside another."""
_AFTER_A_LEAP = ("archive run", "restore dossier", "archive run", "archive run")
_ARCHIVED = "SELECT number FROM archived_dossiers WHERE erased_at IS NULL ORDER BY number"
_CHOICES = {
    "restore dossier": _ARCHIVED,
    "hold dossier": "SELECT number FROM dossiers ORDER BY number",
    "release dossier": "SELECT number FROM legal_holds ORDER BY number",
    "erase dossier": "SELECT number FROM dossiers WHERE status = 9 ORDER BY number",
}
_OF_JOURNAL = "SELECT id FROM journal WHERE key = :number"
_OF_DELIVERIES = f"SELECT id FROM deliveries WHERE message_id IN ({_OF_JOURNAL})"  # noqa: S608
_KEPT = {
    "dossiers": "number = :number",
    "dossier_events": "number = :number",
    "dossier_files": "number = :number",
    "legs": "number = :number",
    "leg_steps": "number = :number",
    "journal": "key = :number",
    "inbox": f"message_id IN ({_OF_JOURNAL})",
    "deliveries": f"message_id IN ({_OF_JOURNAL})",
    "attempts": f"delivery_id IN ({_OF_DELIVERIES})",
}
"""The tables of which a copy is kept, with what chooses a dossier's rows."""
_OF_RUNS = ("archive_again", "erase_again")
"""Columns that say when runs look at a dossier again: no part of it."""
Copied = dict[str, set[tuple[Any, ...]]]


class Archivist(Actor):
    """Whoever archives: the hub's own role, and persons who order one thing."""

    name = "archivist"

    def __init__(self, stage: "Story") -> None:
        self.stage = stage
        self.chance = stage.chance
        self._draw: random.Random = stage.chance.stream("archivist")
        self._copies: dict[str, Copied] = {}
        """The rows of each dossier, as they were when they were deleted."""
        self._leaps = 0
        self._next: list[str] = []
        """What is done when months have passed."""

    @property
    def share(self) -> float:
        """Often when months have passed."""
        return 0.4 if self._next else 0.04

    def act(self, process: Process) -> int:
        """Run the archive, or do what a person orders."""
        verb = self._next.pop() if self._next else self._draw_verb()
        try:
            what = self._run(process) if verb == "archive run" else self._order(process, verb)
        except NothingToDo:
            return 0
        except (Explained, NotLeading, erasing.NotErased) as refused:
            self._say(f"{verb} refused", f"{verb}: refused, {type(refused).__name__}")
        else:
            self._say(verb, f"{verb} {what}")
        return 1

    def _draw_verb(self) -> str:
        return self._draw.choices(tuple(VERBS), tuple(VERBS.values()))[0]

    def happen(self) -> None:
        """Let months pass now and then, while dossiers are under way."""
        if self._leaps < MOST_LEAPS and self.chance.strikes("months pass", 0.012):
            self._leaps += 1
            self._next = list(_AFTER_A_LEAP)
            seconds = self._draw.choice(LEAPS)
            self.stage.note("story", f"{seconds / DAY:.0f} days pass")
            self.stage.leap(seconds)

    def end(self) -> None:
        """Archive all that may go, verify it, and bring all of it back."""
        stage, process = self.stage, self.stage.processes[0]
        stage.note("story", f"{LONG_AFTER / DAY:.0f} days pass")
        stage.leap(LONG_AFTER)
        self._under_fire(process)
        stage.go_on(REST)
        self._say("archive run", f"archive run {self._run(process)}")
        stage.go_on(REST)  # others act while a run gives way
        folder = stage.directory / "archive"
        problems = verifying.verify(process.store, folder).problems
        if problems:
            raise Broken(Promise.ARCHIVE_WHOLE, problems[0])
        for number in self._numbers(process.store, _ARCHIVED):
            self.chance.met["dossier archived"] += 1
            self._restore(process, number)
        with stage.store.read() as tx:
            erased = tx.exec_driver_sql(
                "SELECT number FROM archived_dossiers WHERE erased_at IS NOT NULL"
            )
            stage.told.erased |= set(erased.scalars())

    def _under_fire(self, process: Process) -> None:
        """Archive while the process is killed again and again."""
        self.chance.calm = False
        for verb in ("archive run",) * UNDER_FIRE + ("restore dossier",) * 2:
            self._next.append(verb)
            take(self.stage.acting, process, (self.name, partial(self.act, process)))
            if process.dead:
                process.start()
        self.chance.calm = True

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Copy rows before they are deleted; leave a dead process's file as it is."""
        delete, leave = rows.delete, writing.FileWriter.__exit__

        def copied(tx: Tx, batch: Any) -> int:
            for each in batch:
                self._copies[each.number] = _copy(tx, each.number)
            return delete(tx, batch)

        def left(writer: writing.FileWriter, *why: Any) -> None:
            if why[0] is Crash:
                writer._file.close()
            else:
                leave(writer, *why)

        with (
            aging(self.stage.time),
            mock.patch.object(rows, "delete", copied),
            # The pages of a database that all stories have in turn are of no single story.
            mock.patch.object(free_pages, "give_back"),
            mock.patch.object(writing.FileWriter, "__exit__", left),
        ):
            yield

    def _archive(self, process: Process) -> tuple[Archive, dict[str, int]]:
        done: dict[str, int] = {}

        def waiting(late: bool) -> None:
            if late or self._draw.random() < 0.3:
                process.meanwhile()
            process.require_alive()

        def progress(step: str, count: int) -> None:
            process.require_alive()
            done[step] = done.get(step, 0) + count

        archive = Archive(
            store=process.store,
            files=process.files,
            folder=self.stage.directory / "archive",
            clock=process.clock,
            after=timedelta(days=30),
            personal=timedelta(days=700),
            patience=timedelta(minutes=1),
            stop=process.receive.stopping,  # an event of stories, which wakes nobody
            waiting=waiting,
            progress=progress,
        )
        return archive, done

    def _run(self, process: Process) -> str:
        archive, done = self._archive(process)
        ArchiveRole(archive, every=timedelta(hours=1)).run_archive()
        for step, count in done.items():
            self.chance.met[f"archive {step}"] += count
        return ", ".join(f"{count} {step}" for step, count in sorted(done.items())) or "nothing"

    def _order(self, process: Process, verb: str) -> str:
        number: str = one_of(self._draw, process, _CHOICES[verb])[0]
        if verb == "restore dossier":
            self._restore(process, number)
            return number
        by = _signed(process)
        deeds: Mapping[str, Callable[..., Any]] = {
            "hold dossier": holding.hold,
            "release dossier": holding.release,
            "erase dossier": erasing.erase_one,
        }
        deeds[verb](process.store, number, by)
        return number

    def _restore(self, process: Process, number: str) -> None:
        """Bring a dossier back; it must be what it was."""
        archive, _ = self._archive(process)
        restoring.restore(archive, number, _signed(process))
        with self.stage.store.read() as tx:
            back = _copy(tx, number)
        for table, was in self._copies[number].items():
            gone = was - back[table]
            if gone:
                missed = f"{len(gone)} rows of {table}, such as {min(gone, key=str)}"
                what = f"{number} came back from the archive without {missed}"
                raise Broken(Promise.ARCHIVE_WHOLE, what)

    def _numbers(self, store: Store, query: str) -> list[str]:
        with store.read() as tx:
            return list(tx.exec_driver_sql(query).scalars())

    def _say(self, met: str, what: str) -> None:
        self.chance.met[f"verb {met}"] += 1
        self.stage.note("archivist", what)


def _signed(process: Process) -> SignedBy:
    return signed(process, "Lê Thị Lưu", "a case")


def _copy(tx: Tx, number: str) -> Copied:
    """Return a dossier's rows as they stand in the database."""
    found: Copied = {}
    for table, condition in _KEPT.items():
        query = f"SELECT * FROM {table} WHERE {condition}"  # noqa: S608 - our own names
        result = tx.exec_driver_sql(query, {"number": number})
        kept = [name not in _OF_RUNS for name in result.keys()]  # noqa: SIM118 - of a result
        found[table] = {
            tuple(value for value, stays in zip(row, kept, strict=True) if stays) for row in result
        }
    return found
