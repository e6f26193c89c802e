"""The console as a process of its own, beside the hub, over the same store, until told to stop."""

import signal
import threading

from hub.bootstrap.build import build
from tests.benchmarks.console.operators import Looking, given


def main() -> None:
    """Serve the console."""
    order, stop = given(Looking), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    hub = build(order.settings(), sources=())
    hub.start()
    stop.wait()
    hub.stop()


if __name__ == "__main__":
    main()
