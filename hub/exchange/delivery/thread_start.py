"""Hands work to a pool of threads so that a failure to hand it over proves that it never runs.

Trap: a pool puts the work into its queue before it starts a thread. When no thread can be had it
raises, and a thread that it has already runs the work later all the same: a call that the hub has
written down as not begun would still be made, and made again.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor


def begin_once(pool: Executor, work: Callable[[], object]) -> None:
    """Have the pool do the work. What this raises means that the work is not done, now or later."""
    taken = threading.Lock()

    def run() -> None:
        if taken.acquire(blocking=False):
            work()

    try:
        pool.submit(run)
    except BaseException:
        if taken.acquire(blocking=False):
            raise
