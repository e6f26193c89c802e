"""A start of the whole hub, and sweeps of its timer."""

import time
from statistics import median

from hub.bootstrap.build import build
from hub.exchange.housekeeping.timer import Timer
from hub.runtime import telemetry
from tests.benchmarks.growth.order import given


def main() -> None:
    """Start once; then sweep several times, with nothing else running."""
    order = given()
    telemetry.setup(level="WARNING")
    started = time.perf_counter()
    hub = build(order.settings(), sources=())
    hub.start()
    found = {"start": time.perf_counter() - started}
    hub.stop()
    hub = build(order.settings(), sources=())
    (timer,) = (role for role in hub.roles if isinstance(role, Timer))
    times = []
    for _ in range(order.times):
        started = time.perf_counter()
        timer.sweep(hub.clock())
        times.append(time.perf_counter() - started)
    found["sweep"] = median(times)
    hub.stop()
    order.report(found)


if __name__ == "__main__":
    main()
