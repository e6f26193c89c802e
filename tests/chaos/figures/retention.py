"""What the archive did while the disasters went on: finished, checked, read back in full, erased.

At its end the archive has every dossier that has ended; each is in the database or in a file, never
in both. Then all are brought back, so that the judge has every row that there ever was. After the
judge all are erased, and their evidence must be whole. The operator's commands are killed on the
way, once each, at the step at which they can leave something half done.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from hub.messages import catalog
from hub.messages.payloads import Status
from hub.operations.archive import holding, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.restoring import NotRestored
from hub.operations.archive.run.archiving import run
from hub.operations.signed_by import SignedBy
from hub.rules.retention.ends import CLOSED
from hub.runtime.clock import utc_now
from hub.runtime.failpoints import Point
from hub.store.archive import index
from hub.store.archive.rows import Rows, load
from hub.store.conservation.proof import prove
from hub.store.messages.blobs import BlobStore
from tests.chaos.archiving_timer import AGE, sign
from tests.chaos.load import Counter
from tests.chaos.stage import HOUR, Stage
from tests.support.programs.hub_command import run_hub

Answer = TypeVar("Answer")
COMMANDS = (("archive", "verify"), ("verify", "--full"), ("audit", "verify"))
WHY = ("--reason", "chaos", "--actor", "Trần Thị Bình")
ERASED_AFTER = 4000
"""Days: over the usual HUB_PERSONAL_DAYS."""
WITHIN = 60.0
"""Seconds in which the timer must have archived something after the last disaster."""


def begin(stage: Stage, *, age: timedelta = AGE) -> None:
    """Let the timer archive from now on what ended `age` ago."""
    place = sign(stage.archive)
    new = place.with_suffix(".new")
    new.write_text(str(age.total_seconds()), encoding="ascii")
    new.replace(place)


def pause(stage: Stage) -> None:
    """Let the timer begin no further archiving; what it has begun it ends."""
    sign(stage.archive).unlink(missing_ok=True)


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
        counted = prove(tx, catalog.READERS)
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
    stage: Stage, counter: Counter, progress: Callable[[int], object] = lambda _: None
) -> tuple[int, list[str]]:
    """Restore every archived dossier; return how many came back, and what is wrong."""
    archive, wrong, done = _archive(stage), [], 0
    with stage.store.read() as tx:
        there = sorted(index.known(tx, list(counter.numbers)))
    for number in there:
        try:
            done += _restored(archive, number)
        except (ArchiveDamaged, NotRestored) as error:
            wrong.append(f"{number}: {error}")
        progress(len(there) - done)
    if done != len(there):
        wrong.append(f"{len(there)} archived, {done} brought back")
    return done, wrong


def die_restoring(stage: Stage, counter: Counter) -> int:
    """Kill the operator's command that restores; return how often it was."""
    with stage.store.read() as tx:
        there = sorted(index.known(tx, list(counter.numbers)))
    words = ("restore", *there[:1], *WHY)
    return _killed(stage, Point.RESTORE_AFTER_FILES, *words)


def die_erasing(stage: Stage, counter: Counter) -> int:
    """Kill the operator's command while it erases all that was judged; return how often it was."""
    for number in counter.numbers:
        holding.release(stage.store, number, _by("judged"))
    return _killed(stage, Point.ERASE_BETWEEN_BATCHES, "run", *WHY, days=ERASED_AFTER)


def erase(stage: Stage, counter: Counter) -> tuple[int, list[str]]:
    """Erase and archive what is left; return how many were erased in all, and what is wrong."""
    done = run_hub(stage.operator, "archive", "run", *WHY, days=ERASED_AFTER)
    wrong = [f"erasing: {_end_of(done)}"] if done.returncode else []
    numbers = list(counter.numbers)
    with stage.store.read(long=True) as tx:
        found = index.all_of(tx, numbers)
        here = load(tx, numbers)
    erased = sum(it.erased_at is not None for it in found)
    wrong += [f"{it.number}: archived and not erased" for it in found if it.erased_at is None]
    wrong += [f"{it.number}: ended and not archived" for it in here if _has_ended(it)]
    return erased, [*wrong, *filter(None, (_command(stage, *words) for words in COMMANDS))]


def _has_ended(here: Rows) -> bool:
    (status,) = here.column("dossiers", "status")
    return Status(status) in CLOSED


def _killed(stage: Stage, point: Point, *words: str, days: int = 0) -> int:
    done = run_hub(stage.operator, "archive", *words, armed=f"{point}=kill@1", days=days)
    return int(done.returncode == -signal.SIGKILL)


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


def _by(reason: str) -> SignedBy:
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
    done = run_hub(stage.operator, *words)
    text = f"{done.stdout}{done.stderr}".strip() + "\n"
    (stage.directory / f"{'_'.join(words)}.txt").write_text(text, encoding="utf-8")
    return f"hub {' '.join(words)}: {_end_of(done)}" * bool(done.returncode)


def _end_of(done: subprocess.CompletedProcess[str]) -> str:
    return f"exit {done.returncode}: {f'{done.stdout}{done.stderr}'.strip()[-300:]}"
