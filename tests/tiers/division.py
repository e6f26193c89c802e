"""Which test files run in which of several processes, so that all end at about the same time. Pure,
but for the list of files.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

UNKNOWN = 2.0
"""Seconds of a file that was not measured yet."""
ORDER = ("tests/unit", "tests/contract", "tests/integration")
"""What runs first within a group: the quickest answer."""


def test_files(paths: Iterable[str]) -> list[str]:
    """Return the test files under the paths, sorted."""
    found = {
        str(file)
        for path in paths
        for file in ([Path(path)] if path.endswith(".py") else Path(path).rglob("test_*.py"))
    }
    return sorted(found)


def balanced(files: Sequence[str], seconds: Mapping[str, float], count: int) -> list[list[str]]:
    """Return the files in `count` groups: the longest first, each to the shortest group so far."""
    groups: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for file in sorted(files, key=lambda it: (-seconds.get(it, UNKNOWN), it)):
        place = loads.index(min(loads))
        groups[place].append(file)
        loads[place] += seconds.get(file, UNKNOWN)
    return [sorted(group, key=_turn) for group in groups]


def _turn(file: str) -> tuple[int, str]:
    first = next((n for n, path in enumerate(ORDER) if file.startswith(path)), len(ORDER))
    return first, file
