"""`python -m tests.benchmarks COURSE [--json FILE]`, for script/bench."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.console.course import SIZE
from tests.benchmarks.console.course import measure as console
from tests.benchmarks.console.course import measure_looked_at as looked_at
from tests.benchmarks.deliver.course import measure as deliver
from tests.benchmarks.edge.course import measure as edge
from tests.benchmarks.gateway.course import measure as gateway
from tests.benchmarks.gateway.programs import MissingProgram
from tests.benchmarks.growth.course import DELIVERIES
from tests.benchmarks.growth.course import measure as growth
from tests.benchmarks.growth.stores.kept import ENGINES, NoRoom
from tests.benchmarks.latency.course import measure as latency
from tests.benchmarks.relay.course import measure as relay
from tests.benchmarks.result import Result, show
from tests.benchmarks.scan.course import PAGES
from tests.benchmarks.scan.course import measure as scan
from tests.benchmarks.stores.course import measure as stores

Course = Callable[[argparse.Namespace], Result]
COURSES: dict[str, Course] = {
    "console": lambda asked: console(asked.rounds, asked.size or SIZE, asked.engine or ENGINES),
    "looked-at": lambda asked: looked_at(asked.rounds, asked.size or SIZE, asked.engine or ENGINES),
    "deliver": lambda asked: deliver(asked.rounds),
    "edge": lambda _: edge(),
    "gateway": lambda asked: gateway(asked.rounds),
    "growth": lambda asked: growth(asked.rounds, asked.size or DELIVERIES),
    "latency": lambda asked: latency(asked.rounds),
    "relay": lambda asked: relay(asked.rounds),
    "scan": lambda asked: scan(asked.rounds, asked.size or PAGES),
    "stores": lambda asked: stores(asked.rounds),
}


def main() -> int:
    """Run one benchmark, print its table, and write its figures where they are wanted."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("course", choices=sorted(COURSES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many counts")
    large = f"console, growth: deliveries of the large store ({SIZE}, {DELIVERIES})"
    parser.add_argument("--size", "--deliveries", type=int, help=large)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="console: only this one")
    arguments = parser.parse_args()
    arguments.rounds = max(1, arguments.rounds)
    # The default ends Python without a word to `finally`, and with that without tidying up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    busy = os.getloadavg()[0]
    try:
        result = replace(COURSES[arguments.course](arguments), busy=busy)
    except (NoRoom, MissingProgram) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    show(result)
    if arguments.json:
        result.write(arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
