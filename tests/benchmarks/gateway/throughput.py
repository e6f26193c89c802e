"""Messages a second with 32 connections, each of which waits for its answer: wrk.

Every request has a dossier number of its own (`varied.lua`). Every answer must be 2xx and no
connection may break, else the trial fails.
"""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.gateway.programs import program
from tests.benchmarks.gateway.sides import Side, Target
from tests.benchmarks.running import Report, Stuck

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("varied.lua")
_RESULT = "RESULT "
_GRACE = 30


@dataclass(frozen=True, slots=True)
class Throughput:
    """What one trial counted."""

    answers: int
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def measure(target: Target, side: Side, *, series: int, seconds: int, report: Report) -> Throughput:
    """Load one target; `series` tells the dossiers of one trial from those of another."""
    command = [
        *(program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"),
        *("-s", str(_SCRIPT), side.url, "--"),
        *(target.path, str(target.body), target.media_type, str(side.key_file or "")),
        f"{series:03}.00.01.H57-180806-",
    ]
    log = side.folder / "wrk.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as running,
    ):
        try:
            _wait(running, seconds, report)
        finally:
            running.kill()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [line.removeprefix(_RESULT) for line in lines if line.startswith(_RESULT)]
    if running.returncode or not found:
        raise Stuck(f"wrk failed at {target.name}", log)
    told = json.loads(found[0])
    if told["refused"] or told["broken"] or not told["answers"]:
        raise Stuck(f"{target.name} refused some of its requests", side.folder / "log")
    return Throughput(told["answers"], told["seconds"])


def _wait(running: "subprocess.Popen[bytes]", seconds: int, report: Report) -> None:
    since = time.monotonic()
    while running.poll() is None and time.monotonic() - since < seconds + _GRACE:
        report(min(int((time.monotonic() - since) * 10), seconds * 10), seconds * 10)
        time.sleep(0.1)
