"""Programs of the hub as processes of their own, forked from one that has loaded the hub.

A process that is started anew loads the hub for a second, which proves nothing; a fork of one that
has loaded it, and has no thread and no connection, is as real and as easily killed. Everything else
is that of a start: the environment, the words, the output, a session of its own. It ends with the
tests: they end the server of the forks, and the forks end with it.
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from hub.drill.sandbox.supervisor import PR_SET_PDEATHSIG

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        "hub.bootstrap.build",
        "hub.cli.archive.opened",
        "hub.cli.installation.run",
        "hub.cli.partners.rehearse",
        "tests.support.programs.hub_command",
    ]
)
_LOCK = threading.Lock()
"""Trap: who starts a process looks for the ends of all others, and only one may read an end."""


class ForkedProgram:
    """One program; used by any thread."""

    def __init__(
        self,
        program: Callable[[], None],
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: Path,
        stderr: Path,
        cwd: Path | None = None,
    ) -> None:
        """Start `program`, a function of a module, with `words` as its arguments."""
        given = (program, list(words), dict(environment), str(stdout), str(stderr), cwd)
        self._process: BaseProcess = CONTEXT.Process(target=_be, args=given, daemon=True)
        with _LOCK:
            self._process.start()
        self.pid = self._process.pid or 0

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not wait([self._process.sentinel], 0)

    def wait(self, seconds: float | None = None) -> int | None:
        """Return its exit code when it has ended, -9 after a SIGKILL; None when it did not."""
        if not wait([self._process.sentinel], seconds):
            return None
        with _LOCK:
            self._process.join()
            return self._process.exitcode


def run_forked(
    program: Callable[[], None],
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    within: float = 170.0,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as `subprocess.run` does; `within`: seconds."""
    with tempfile.TemporaryDirectory() as place:
        stdout, stderr = Path(place, "stdout"), Path(place, "stderr")
        started = ForkedProgram(program, words, environment, stdout=stdout, stderr=stderr, cwd=cwd)
        code = started.wait(within)
        said = stdout.read_text(encoding="utf-8"), stderr.read_text(encoding="utf-8")
    assert code is not None, (words, said)
    return subprocess.CompletedProcess([*words], code, *said)


def _be(
    program: Callable[[], None],
    words: list[str],
    environment: dict[str, str],
    stdout: str,
    stderr: str,
    cwd: Path | None,
) -> None:
    """Become the program, in the fork."""
    # Of the server of the forks, which has one thread and ends with the tests.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    for number, place in ((0, os.devnull), (1, stdout), (2, stderr)):
        file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
    if cwd is not None:
        os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["hub", *words]
    program()
