"""`python -m tests.benchmarks relay|deliver|latency [--json FILE]`, which script/bench calls."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.deliver.course import measure as deliver
from tests.benchmarks.latency.course import measure as latency
from tests.benchmarks.relay.course import measure as relay
from tests.benchmarks.result import Result, show

COURSES: dict[str, Callable[[int], Result]] = {
    "deliver": deliver,
    "latency": latency,
    "relay": relay,
}


def main() -> int:
    """Run one benchmark, print its table, and write its figures where they are wanted."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("course", choices=sorted(COURSES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many counts")
    arguments = parser.parse_args()
    # The default ends Python without a word to `finally`, and with that without tidying up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    busy = os.getloadavg()[0]
    result = replace(COURSES[arguments.course](max(1, arguments.rounds)), busy=busy)
    show(result)
    if arguments.json:
        result.write(arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
