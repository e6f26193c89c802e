"""A program under measurement: it ends when the benchmark ends, together with its own children."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hub.drill.sandbox.supervised import Launch, SupervisedProcess
from tests.benchmarks.stamps import stamped

LOOK_EVERY = 0.05
GIVE_UP_AFTER = 60.0
"""Seconds without anything through."""

Report = Callable[[int, int], None]
"""Hears (how many are through, of how many)."""


class Stuck(RuntimeError):
    """A program did not do what was expected of it. Holds the end of its log."""

    def __init__(self, reason: str, log: Path) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        super().__init__("\n  ".join([reason, *lines]))


def watch(
    stamps: Path, total: int, *, process: SupervisedProcess, log: Path, report: Report
) -> None:
    """Return when so many are through. Raises Stuck when the program ends or stands still."""
    seen, since = 0, time.monotonic()
    while seen < total:
        time.sleep(LOOK_EVERY)
        through, now = stamped(stamps), time.monotonic()
        if through > seen:
            seen, since = through, now
            report(seen, total)
        elif not process.alive or now - since > GIVE_UP_AFTER:
            raise Stuck(f"stopped after {seen} of {total}", log)


@contextmanager
def running(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Iterator[SupervisedProcess]:
    """Run a program; its output goes to `log` in the folder. Ends it politely, or by force."""
    launch = Launch(
        command=command,
        environment={"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", **environment},
        log=folder / "log",
        grace=timedelta(seconds=20),
    )
    process = SupervisedProcess.start(launch, lock=folder / "lock")
    try:
        yield process
    except BaseException:
        # Nobody waits for it any more. It leads a group of its own, and while it lives the
        # group's number is nobody else's.
        with contextlib.suppress(ProcessLookupError):
            if process.alive:
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        raise
    process.stop()
