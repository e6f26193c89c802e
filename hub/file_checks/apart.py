"""Runs a parser of strangers' files in a process of its own; how it ends is the file's fault."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LONGEST = 120.0
"""Seconds that the parse of one file may take."""


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
        return {"code": "file_bomb", "why": f"not read within {longest:.0f} s"}
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    # A parser in C ended the process, or one of its limits did.
    return {"code": "file_bomb", "why": f"its {called} ended with {done.returncode}"}
