"""What the archive did while the disasters went on: finished, checked, read back in full.

At its end the archive has every dossier that has ended; each is in the database or in a file, never
in both. Then all are brought back, so that the judge has every row that there ever was.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from hub.clock import utc_now
from hub.messages import catalog
from hub.operations.archive import restoring, verifying
from hub.operations.archive.archiving import Archive, run
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.reading import ArchiveDamaged
from hub.operations.archive.restoring import NotRestored
from hub.operations.by import By
from hub.store.archive import index
from hub.store.archive.rows import load
from hub.store.blobs import BlobStore
from hub.store.conservation.proof import prove
from tests.chaos.archiving_timer import sign
from tests.chaos.load import Counter
from tests.chaos.stage import HOUR, Stage

Answer = TypeVar("Answer")
READERS = {entry.name: entry.reader for entry in catalog.CATALOG if entry.reader != "records"}
COMMANDS = (("archive", "verify"), ("balance", "--full"), ("audit", "verify"))
WITHIN = 60.0
"""Seconds in which the timer must have archived something after the last disaster."""


def begin(stage: Stage) -> None:
    """Let the timer archive from now on."""
    sign(stage.archive).touch()


def finish(stage: Stage, counter: Counter) -> tuple[dict[str, Any], list[str]]:
    """End the timer and archive the rest; return figures and what is wrong.

    Afterwards nothing archives any more.
    """
    by_timer = _wait_archived(stage, counter)
    stage.roles["timer"].stop()
    wrong = [] if by_timer else [f"the timer archived nothing, {WITHIN} s after the disasters"]
    report = _led(lambda: run(_archive(stage), _by("after the disasters"), before=_later()))
    wrong += [f"the last run stopped: {report.stopped}"] if report.stopped else []
    wrong += verifying.verify(stage.store, stage.archive).problems
    numbers = list(counter.numbers)
    with stage.store.read(long=True) as tx:
        there = index.known(tx, numbers)
        here = {found.number for found in load(tx, numbers)}
        counted = prove(tx, READERS)
    wrong += [f"{number}: neither here nor archived" for number in set(numbers) - here - there]
    wrong += [f"{number}: here and archived" for number in here & there]
    wrong += [f"{it.destination}: {it.what} {it.id}" for it in counted.problems]
    wrong += [f"{it.destination}: accepted {it.accepted}, in states {it.states}"
              for it in counted.balances if not it.holds]  # fmt: skip
    wrong += [told for words in COMMANDS if (told := _command(stage, *words))]
    return {
        "archived_by_the_timer": by_timer,
        "archived": len(there),
        "in_the_database": len(here),
        "kept": {str(why): count for why, count in report.kept.items()},
        "balance": {it.destination: {"accepted": it.accepted, **it.states}
                    for it in counted.balances},
    }, wrong  # fmt: skip


def bring_back(
    stage: Stage, counter: Counter, progress: Callable[[int], object]
) -> tuple[int, list[str]]:
    """Restore every archived dossier; return how many came back, and which did not."""
    archive, wrong, done = _archive(stage), [], 0
    with stage.store.read() as tx:
        there = sorted(index.known(tx, list(counter.numbers)))
    for number in there:
        try:
            done += _restored(archive, number)
        except (ArchiveDamaged, NotRestored) as error:
            wrong.append(f"{number}: {error}")
        progress(len(there) - done)
    if done + len(wrong) != len(there):
        wrong.append(f"{len(there)} archived, {done} brought back")
    return done, wrong


def _restored(archive: Archive, number: str) -> bool:
    return _led(lambda: restoring.restore(archive, number, _by("to be judged")))


def _led(work: Callable[[], Answer]) -> Answer:
    """Return what `work` returns, waiting for the lead: the database may still hold the session of
    a timer that was killed while its lines were silent."""
    end, pause = time.monotonic() + WITHIN, threading.Event()
    while True:
        try:
            return work()
        except NotLeading:
            if time.monotonic() > end:
                raise
        pause.wait(0.2)


def _archive(stage: Stage) -> Archive:
    return Archive(
        store=stage.store,
        files=BlobStore(stage.files.place),
        folder=stage.archive,
        # What was recorded while the hub's clock was ahead has ended, too.
        clock=_later,
        after=timedelta(),
        personal=timedelta(days=36_500),
    )


def _later() -> Any:
    return utc_now() + timedelta(seconds=2 * HOUR)


def _by(reason: str) -> By:
    return {"actor": "chaos", "reason": reason, "now": utc_now()}


def _wait_archived(stage: Stage, counter: Counter) -> int:
    """Return how many dossiers the timer has archived, waiting for the first."""
    end, pause = time.monotonic() + WITHIN, threading.Event()
    while True:
        with stage.store.read() as tx:
            found = len(index.known(tx, list(counter.numbers)))
        if found or time.monotonic() > end:
            return found
        pause.wait(0.2)


def _command(stage: Stage, *words: str) -> str:
    """Run a command of an operator; return what is wrong, "" when it is content."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words],
        env={**kept, "HUB_DATA_DIR": str(stage.hub), "HUB_DATABASE_URL": stage.postgres.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    told = (done.stdout + done.stderr).strip()
    (stage.directory / f"{'_'.join(words)}.txt").write_text(told + "\n", encoding="utf-8")
    return f"hub {' '.join(words)}: exit {done.returncode}: {told[-300:]}" * bool(done.returncode)
