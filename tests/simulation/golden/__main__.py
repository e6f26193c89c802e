"""`python -m tests.simulation.golden [--check]`: plays the golden stories and writes their hashes.

With `--check` nothing is written; exit code 1 when a hash differs.
"""

import os
import sys

import structlog

from tests.simulation.golden import digests

OTHERWISE = """\
Seeds tell other stories than {known} says: {differ}.
If a change was to do that: raise VERSION in tests/simulation/plot.py, find the seeds of
regressions.toml anew (script/simulate --defects), and write these hashes anew
(python -m tests.simulation.golden)."""


def main(words: list[str]) -> int:
    """Check or write; return the exit code."""
    found = digests.present()
    if "--check" not in words:
        digests.write(found)
        return 0
    known = digests.known()
    differ = [name for name in sorted({*found, *known}) if found.get(name) != known.get(name)]
    if differ:
        print(OTHERWISE.format(known=digests.FILE.name, differ=", ".join(differ)))
    return int(bool(differ))


def _silence(*_: object) -> dict[str, object]:
    raise structlog.DropEvent


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets of words is chance, too
        os.execve(  # noqa: S606 - this very program
            sys.executable,
            [sys.executable, *sys.orig_argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    structlog.configure(processors=[_silence])
    sys.exit(main(sys.argv[1:]))
