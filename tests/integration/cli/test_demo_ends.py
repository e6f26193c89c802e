"""A demo that is told to end takes with it whatever it started."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PATIENCE = 60.0


def started_by(pid: int) -> list[int]:
    """Return the children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


def test_a_demo_that_is_ended_by_sigterm_leaves_no_simulator_behind(tmp_path: Path) -> None:
    """Both partners end, and the exit code names the signal."""
    command = [sys.executable, "-m", "hub", "demo", "--broker", "memory", "--directory"]
    demo = subprocess.Popen([*command, str(tmp_path / "demo")], stdout=subprocess.DEVNULL)
    give_up = time.monotonic() + PATIENCE
    database = tmp_path / "demo" / "hub" / "hub.db"
    while not database.exists():  # after both partners, so the demo is at work
        assert demo.poll() is None
        assert time.monotonic() < give_up
        threading.Event().wait(0.02)
    partners = [os.pidfd_open(pid) for pid in started_by(demo.pid)]
    assert len(partners) == 2
    demo.send_signal(signal.SIGTERM)
    assert demo.wait(PATIENCE) == 128 + signal.SIGTERM
    for partner in partners:
        assert select.select([partner], [], [], PATIENCE)[0]
        os.close(partner)
