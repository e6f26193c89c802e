"""The limits of a process that parses what strangers made: memory, time, and what it may write."""

import os
import resource
import signal

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS, SECONDS = 60, 120
"""For a file of any kind: of the processor, and of the clock."""
CPU_SECONDS_A_PAGE, SECONDS_A_PAGE = 0.25, 0.5
"""More for each page of a stack, once they are counted: an honest one may have many."""
MOST_CPU_SECONDS, MOST_SECONDS = 600, 1200
"""However many pages there are."""
_BEFORE_THE_KILL = 5
"""CPU seconds between the signal that tells which limit it was and the one that does not."""
YIELDS = 10
"""By how much it yields to what answers calls; where nothing else works, it loses nothing."""


def limit_process(*, largest: int, yields: int = YIELDS) -> None:
    """Limit this process for good; `largest`: bytes of the largest file that it may write.

    A limit of time ends it by a signal of its own: SIGXCPU or SIGALRM.
    """
    # The threads that ask for a parse share one CPU: on that the parse would hold them all up.
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.nice(yields)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    most = MOST_CPU_SECONDS + _BEFORE_THE_KILL
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)


def allow_pages(pages: int) -> None:
    """Give this process the time that so many pages may take, from now on."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds_for(pages), most))
    signal.setitimer(signal.ITIMER_REAL, seconds_for(pages))


def cpu_seconds_for(pages: int) -> int:
    """Return how long the processor may work on a stack."""
    return min(MOST_CPU_SECONDS, CPU_SECONDS + round(CPU_SECONDS_A_PAGE * pages))


def seconds_for(pages: int) -> float:
    """Return how long the reading of a stack may last."""
    return min(MOST_SECONDS, SECONDS + SECONDS_A_PAGE * pages)
