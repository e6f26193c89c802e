"""Commands, through the command line itself, in this process: what a command's own work costs.

Each is run once before it is timed: what is measured is the store, not the import of modules. One
that takes long is not run again, and that first time is told. A command that ends badly ends the
whole measurement, also one that is not there any more: nothing is left out without a word.
"""

import io
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from statistics import median

from hub import cli
from tests.benchmarks.growth.order import given

MAY_DIFFER = frozenset({"reconcile --day"})
"""Commands that end with 1 where something differs, which no benchmark judges."""
LONG = 3.0
"""Seconds after which once is enough."""


class EndedBadly(RuntimeError):
    """A command cannot be measured. Holds the end of what it wrote."""


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


def seconds(name: str, arguments: Sequence[str], *, times: int) -> float:
    """Return the median of several runs of a command. Raises EndedBadly."""
    code, first, written = run(arguments)
    if code not in ((0, 1) if name in MAY_DIFFER else (0,)):
        raise EndedBadly(f"hub {' '.join(arguments)} ended with {code}:\n{written[-1500:]}")
    again = 0 if first > LONG else times
    return median([run(arguments)[1] for _ in range(again)] or [first])


def main() -> None:
    """Run every command several times; report the median of each."""
    order = given()
    order.report({it: seconds(it, order.commands[it], times=order.times) for it in order.commands})


if __name__ == "__main__":
    main()
