"""Which test files run in which of several processes, so that all end at about the same time. Pure,
but for the list of files. A folder of `TOGETHER` counts as one file.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

UNKNOWN = 2.0
"""Seconds of a file that was not measured yet."""
ORDER = ("tests/unit", "tests/contract", "tests/integration")
"""What runs first within a group: the quickest answer."""
TOGETHER = ("tests/browser/cases",)
"""Folders whose files share what takes long to start."""


def test_files(paths: Iterable[str]) -> list[str]:
    """Return the test files under the paths, sorted; a folder of `TOGETHER` for those in it."""
    found = {
        next((it for it in TOGETHER if str(file).startswith(f"{it}/")), str(file))
        for path in paths
        for file in ([Path(path)] if path.endswith(".py") else Path(path).rglob("test_*.py"))
    }
    return sorted(found)


def balanced(files: Sequence[str], seconds: Mapping[str, float], count: int) -> list[list[str]]:
    """Return the files in `count` groups: the longest first, each to the shortest group so far."""
    groups: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    took = {file: _took(file, seconds) for file in files}
    for file in sorted(files, key=lambda it: (-took[it], it)):
        place = loads.index(min(loads))
        groups[place].append(file)
        loads[place] += took[file]
    return [sorted(group, key=_turn) for group in groups]


def _took(file: str, seconds: Mapping[str, float]) -> float:
    if file in TOGETHER:
        return sum(took for path, took in seconds.items() if path.startswith(f"{file}/")) or UNKNOWN
    return seconds.get(file, UNKNOWN)


def _turn(file: str) -> tuple[int, str]:
    first = next((n for n, path in enumerate(ORDER) if file.startswith(path)), len(ORDER))
    return first, file
