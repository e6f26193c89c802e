"""One CPU: the threads of a hub share Python's lock, so a second CPU only makes them fetch it.

With two, each of the thousands of hand-overs a second wakes a CPU that sleeps: at 50 dossiers a
second that took half of the process's time and tripled the way of a message. What runs beside the
hub (broker, database) has the other CPUs to itself. Which one is drawn by chance, because several
hubs of a machine cannot know of one another. Where the system does not know affinity, nothing
happens.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache


@contextmanager
def one_cpu(*, wanted: bool = True) -> Iterator[None]:
    """Threads that are started within, and all that those start, stay on this process's CPU."""
    if not wanted or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)  # of this thread, not of the process
    _keep_to({_drawn(frozenset(before))})
    try:
        yield
    finally:
        _keep_to(before)


def _keep_to(cpus: set[int]) -> None:
    with suppress(OSError):  # not allowed here: slower, and nothing else
        os.sched_setaffinity(0, cpus)


@cache
def _drawn(available: frozenset[int]) -> int:
    return random.choice(sorted(available))  # noqa: S311 - no secret
