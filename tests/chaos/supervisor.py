"""Keeps one role of the hub running as a process: whenever it ends, it is started again at once.

Only processes started here are signalled, by their pid; they end when this process ends
(tests/support/programs/forked.py).
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from hub.cli import main
from tests.support.programs.forked import ForkedProgram

PAUSE = 0.2
"""Seconds before a role is started again; one whose store is away ends at once."""


class KeptRole:
    """One role as a process. `start` and `stop` by one thread, the rest from any."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        directory: Path,
        *,
        program: Callable[[], None] = main,
        roles: str = "",
    ) -> None:
        """`program`: what runs, the hub itself or something that starts it.

        `roles`: where the process has others than the one of its name.
        """
        self.name = name
        self._program = program
        self._roles = roles or name
        self.deaths: Counter[int] = Counter()
        """How often it ended, by exit code; -9 is a SIGKILL."""
        self.changed = threading.Condition()
        self._environment = dict(environment)
        self._directory = directory
        self._points = directory / f"{name}.points"
        self._stopping = threading.Event()
        self._process: ForkedProgram | None = None
        self._thread = threading.Thread(target=self._keep, name=f"keep.{name}", daemon=True)

    def start(self) -> None:
        """Start it; it is kept running from now on."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End it in good order."""
        self._stopping.set()
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        self._thread.join(40)

    @property
    def pid(self) -> int:
        """The process of now; 0 between two."""
        process = self._process
        return process.pid if process is not None and process.alive else 0

    def wait_running(self, seconds: float) -> bool:
        """Return whether there is a process, waiting for that: between two there is none."""
        with self.changed:
            return self.changed.wait_for(lambda: self.pid != 0, seconds)

    def kill(self) -> bool:
        """End it with SIGKILL; tell whether there was a process to kill."""
        return self._signal(signal.SIGKILL)

    def freeze(self) -> bool:
        """Stop it where it stands."""
        return self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def strike_at(self, failpoints: str) -> None:
        """Arm these while it runs, "" for none; they hold for the process of then, too."""
        new = self._points.with_suffix(".new")
        new.write_text(failpoints, encoding="ascii")
        new.replace(self._points)

    def wait_stands(self, seconds: float) -> bool:
        """Return whether its process is stopped, waiting for that.

        Only its parent would be told by the system; so the state is looked at.
        """
        end, pause = time.monotonic() + seconds, threading.Event()
        while not self._stands():
            if time.monotonic() > end:
                return False
            pause.wait(0.01)
        return True

    def _stands(self) -> bool:
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] == "T"

    def wait_killed(self, times: int, seconds: float) -> bool:
        """Return whether it has been killed `times` times, waiting for that."""
        with self.changed:
            return self.changed.wait_for(lambda: self.deaths[-signal.SIGKILL] >= times, seconds)

    def _signal(self, number: signal.Signals) -> bool:
        with self.changed:
            process = self._process
            if process is None or not process.alive:
                return False
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:  # it ended by itself just now
                return False
            return True

    def _keep(self) -> None:
        while not self._stopping.is_set():
            process = self._launch()
            code = process.wait()
            with self.changed:
                self._process = None
                self.deaths[-1 if code is None else code] += 1
                self.changed.notify_all()
            self._stopping.wait(PAUSE)

    def _launch(self) -> ForkedProgram:
        log = self._directory / f"{self.name}.log"
        process = ForkedProgram(
            self._program,
            ["run", "--roles", self._roles],
            {**self._environment, "HUB_DRILL_POINTS": str(self._points)},
            stdout=log,
            stderr=log,
        )
        with self.changed:
            self._process = process
            self.changed.notify_all()
        return process
