"""Which of the processes that wrote a heartbeat still run on this machine.

A row that is old may be of a process that was killed, or of one that hangs; only the machine that
it ran on knows. Of processes on other machines nothing is known here but what they wrote.
"""

import os
import socket
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

PROC = Path("/proc")
LONGEST_ABSENCE = timedelta(days=1)
"""A process that was not heard of for longer is none of this installation any more."""


def runs_here(row: Any) -> bool:
    """Tell whether the process of a heartbeat row runs on this machine, working or not."""
    host, _, pid = row.process.rpartition("/")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    started = _started(int(pid))
    # A number may have been given to another process since.
    return started is not None and started <= row.beat_at.timestamp() + 1


def replaced(row: Any, rows: Iterable[Any]) -> bool:
    """Tell whether another process with the same host and roles began after the last beat of this.

    One that began before is its twin: both were at work, and both count.
    """
    return any(
        (other.host, other.roles) == (row.host, row.roles) and other.started_at > row.beat_at
        for other in rows
    )


def present(rows: Sequence[Any], now: datetime) -> list[Any]:
    """Return the heartbeat rows of processes that belong to the installation now, silent or not."""
    there = [row for row in rows if now - row.beat_at <= LONGEST_ABSENCE]
    return [row for row in there if not replaced(row, rows)]


def _started(pid: int) -> float | None:
    """Return when a process began, in seconds since 1970; None where it does not run."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        uptime = float((PROC / "uptime").read_text(encoding="ascii").split()[0])
    except OSError:
        return None if PROC.joinpath("uptime").exists() else _without_proc(pid)
    if fields[0] in "ZX":  # ended, and nobody has asked how yet
        return None
    return time.time() - uptime + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _without_proc(pid: int) -> float | None:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return 0.0
    except OSError:
        return None
    return 0.0
