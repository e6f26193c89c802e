"""The limits of a process that parses what strangers made: memory, time, and what it may write."""

import os
import resource

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 60
YIELDS = 10
"""By how much it yields to what answers calls; where nothing else works, it loses nothing."""


def limit_process(*, largest: int, yields: int = YIELDS) -> None:
    """Limit this process for good; `largest`: bytes of the largest file that it may write."""
    # The threads that ask for a parse share one CPU: on that the parse would hold them all up.
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    os.nice(yields)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
