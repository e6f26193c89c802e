"""A command of the hub as a process of its own: killed at a failpoint, or some days from now."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta

from hub.runtime import clock, failpoints
from tests.support.programs.forked import run_forked


def run_hub(
    environment: Mapping[str, str], *words: str, armed: str = "", days: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command; `armed`: as in HUB_FAILPOINTS; `days`: later for `hub archive` only."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return run_forked(main, [armed, str(days), *words], {**kept, **environment})


def main() -> None:
    """Arm what is told, set the clock of the archive's commands, and run the command."""
    # Here: the process that only calls `run_hub` needs none of it.
    from hub.cli import app
    from hub.cli.archive import opened

    failpoints.arm(sys.argv.pop(1))
    later = timedelta(days=int(sys.argv.pop(1)))
    vars(opened)["utc_now"] = lambda: clock.utc_now() + later
    app()
