"""Commands, through the command line itself, in this process: what a command's own work costs.

A command that is not there (yet) is left out. Each is run once before it is timed: what is measured
is the store, not the import of modules.
"""

import io
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from statistics import median

from hub import cli
from tests.benchmarks.growth.order import given

UNKNOWN = "No such"
"""What is said, with exit code 2, of a command or an option that is not there."""
MAY_DIFFER = frozenset({"reconcile --day"})
"""Commands that end with 1 where something differs, which no benchmark judges."""
LONG = 3.0
"""Seconds after which once is enough."""


def run(arguments: Sequence[str]) -> tuple[int, float, str]:
    """Run a command; return its exit code, seconds, and what it wrote."""
    sys.argv = ["hub", *arguments]
    written, code = io.StringIO(), 0
    started = time.perf_counter()
    with redirect_stdout(written), redirect_stderr(written):
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, time.perf_counter() - started, written.getvalue()


def main() -> None:
    """Run every command several times; report the median of each."""
    order = given()
    found: dict[str, float] = {}
    for name, arguments in order.commands.items():
        code, first, written = run(arguments)
        if code == 2 and UNKNOWN in written:
            continue
        if code and name not in MAY_DIFFER:
            raise RuntimeError(f"hub {' '.join(arguments)} ended with {code}:\n{written[-1500:]}")
        times = 0 if first > LONG else order.times
        found[name] = median([run(arguments)[1] for _ in range(times)] or [first])
    order.report(found)


if __name__ == "__main__":
    main()
