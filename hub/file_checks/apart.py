"""Runs a parser of strangers' files in a process of its own; how it ends is the file's fault."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub.file_checks import limits

LONGEST = limits.SECONDS + 10.0
"""Seconds to wait for the parse of one file, whose process ends itself before."""
_LIMITS = {
    -signal.SIGALRM: (
        f"the limit of time: {limits.SECONDS} s, {limits.SECONDS_A_PAGE} s more for each page of a"
        f" stack, {limits.MOST_SECONDS} s at most"
    ),
    -signal.SIGXCPU: (
        f"the limit of CPU time: {limits.CPU_SECONDS} s, {limits.CPU_SECONDS_A_PAGE} s more for"
        f" each page of a stack, {limits.MOST_CPU_SECONDS} s at most"
    ),
    -signal.SIGXFSZ: "the limit of what its parser may write",
}
"""Which limit a signal tells of."""


def parsed_apart(
    module: str,
    place: Path,
    media_type: str,
    *others: Path | str,
    called: str,
    longest: float = LONGEST,
) -> dict[str, Any]:
    """Return what the module said of a file: its line of JSON, or {"code": ..., "why": ...}.

    `called`: what the process is in words, for the case that it dies.
    """
    command = [sys.executable, "-I", "-m", module, str(place), media_type, *map(str, others)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=longest,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"code": "file_bomb", "why": f"the limit of time: not read within {longest:g} s"}
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    if (limit := _LIMITS.get(done.returncode)) is not None:
        return {"code": "file_bomb", "why": limit}
    # A parser in C ended the process.
    return {"code": "file_bomb", "why": f"its {called} ended with {done.returncode}"}
