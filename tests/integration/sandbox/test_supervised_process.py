"""A kept process ends with its owner, and with nothing else."""

import os
import select
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from hub.drill.sandbox.supervised import (
    DirectoryInUse,
    Launch,
    NodeFailed,
    NotifySocket,
    SupervisedProcess,
)

SERVER = ["sleep", "600"]


def launch(directory: Path, *command: str) -> Launch:
    """Describe a server; by default one that does nothing until it is told to end."""
    return Launch(
        command=command or SERVER,
        environment={"PATH": os.environ["PATH"]},
        log=directory / "output.log",
        grace=timedelta(seconds=1),
    )


def ends(pid_fd: int, *, within_seconds: float = 10) -> bool:
    """Wait for the end of the process behind a pidfd."""
    return bool(select.select([pid_fd], [], [], within_seconds)[0])


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_it_ends_when_told_to(tmp_path: Path, how: str) -> None:
    """`stop` and `kill` return when the process has gone."""
    kept = SupervisedProcess.start(launch(tmp_path), lock=tmp_path / "lock")
    watch = os.pidfd_open(kept.pid)
    getattr(kept, how)()
    assert not kept.alive
    assert ends(watch, within_seconds=0)
    os.close(watch)


def test_one_that_will_not_stop_is_killed_when_its_grace_has_run_out(tmp_path: Path) -> None:
    """`stop` cannot hang on a server that ignores it."""
    # One process: a child of it would be left behind. It waits for input that never comes.
    stubborn = "trap '' TERM; read never <> \"$0\""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    kept = SupervisedProcess.start(
        launch(tmp_path, "sh", "-c", stubborn, str(pipe)), lock=tmp_path / "lock"
    )
    kept.stop()
    assert not kept.alive


def test_it_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    """Nothing is left behind by a program that had no chance to clean up."""
    program = f"""
import os, pathlib, signal, sys
sys.path.insert(0, {str(Path.cwd())!r})
from tests.integration.sandbox.test_supervised_process import launch
from hub.drill.sandbox.supervised import SupervisedProcess
directory = pathlib.Path({str(tmp_path)!r})
kept = SupervisedProcess.start(launch(directory), lock=directory / "lock")
print(kept.pid, flush=True)
sys.stdin.read()
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        watch = os.pidfd_open(int(owner.stdout.readline()))
        owner.kill()
    assert ends(watch)
    os.close(watch)


def test_it_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """A node that a worker thread restarted stays when the thread is done."""
    started: list[SupervisedProcess] = []
    thread = threading.Thread(
        target=lambda: started.append(
            SupervisedProcess.start(launch(tmp_path), lock=tmp_path / "lock")
        )
    )
    thread.start()
    thread.join()
    (kept,) = started
    watch = os.pidfd_open(kept.pid)
    assert not ends(watch, within_seconds=0.2)
    os.close(watch)
    kept.kill()


def test_it_ends_when_its_keeper_is_killed(tmp_path: Path) -> None:
    """Even the watchman's sudden end leaves nothing behind."""
    kept = SupervisedProcess.start(launch(tmp_path), lock=tmp_path / "lock")
    watch = os.pidfd_open(kept.pid)
    os.kill(kept._keeper.pid, signal.SIGKILL)
    assert ends(watch)
    os.close(watch)
    kept.kill()
    assert not kept.alive


def test_a_directory_has_one_server_at_a_time(tmp_path: Path) -> None:
    """The second one is refused while the first runs, and not after."""
    lock = tmp_path / "lock"
    first = SupervisedProcess.start(launch(tmp_path), lock=lock)
    with pytest.raises(DirectoryInUse, match="another process"):
        SupervisedProcess.start(launch(tmp_path), lock=lock, lock_patience=timedelta(0))
    first.kill()
    second = SupervisedProcess.start(launch(tmp_path), lock=lock, lock_patience=timedelta(0))
    second.kill()


def test_a_server_that_ends_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    """The error holds the end of the log, so nobody has to look for it."""
    failing = launch(tmp_path, "sh", "-c", "echo the port is taken; exit 3")
    with NotifySocket() as notify:
        kept = SupervisedProcess.start(failing, lock=tmp_path / "lock", notify=notify)
        with pytest.raises(NodeFailed, match="the port is taken"):
            kept.wait_ready(notify, timedelta(seconds=10))


def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """A command that cannot be started is an error at once, not a silence."""
    with pytest.raises(NodeFailed, match="no-such-program"):
        SupervisedProcess.start(launch(tmp_path, "no-such-program"), lock=tmp_path / "lock")
