"""One CPU: the threads of a hub share Python's lock, so a second CPU only makes them fetch it.

With two, each of the thousands of hand-overs a second wakes a CPU that sleeps: at 50 dossiers a
second that took half of the process's time and tripled the way of a message. What runs beside the
hub (broker, database) has the other CPUs to itself.

The processes of a hub that share a data directory choose different CPUs, as long as there are
enough: each keeps a lock on the place of its CPU in the file `cpus`. The kernel gives the lock back
when the process ends. Processes that share no such file draw by chance, because they cannot know of
one another. Where the system does not know affinity, nothing happens.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

from hub.store.engine.file_rights import make_directory, make_file

FILE = "cpus"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MOST_CPUS, _MOST_ON_ONE = 4096, 64
"""Bounds of the places in the file: a CPU's number, and how many processes keep to it."""


@contextmanager
def one_cpu(*, wanted: bool = True, directory: Path | None = None) -> Iterator[None]:
    """Threads that are started within, and all that those start, stay on this process's CPU.

    `directory` is what the processes of this hub share.
    """
    if not wanted or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)  # of this thread, not of the process
    _keep_to({_chosen(frozenset(before), directory)})
    try:
        yield
    finally:
        _keep_to(before)


def use_every_cpu() -> None:
    """Let this thread leave the process's CPU: for work that needs Python's lock little."""
    if hasattr(os, "sched_setaffinity"):
        _keep_to(set(range(os.cpu_count() or 1)))


def _keep_to(cpus: set[int]) -> None:
    with suppress(OSError):  # not allowed here: slower, and nothing else
        os.sched_setaffinity(0, cpus)


_kept: dict[frozenset[int], int] = {}
"""What this process has chosen, by what it could choose from: it chooses once."""


def _chosen(available: frozenset[int], directory: Path | None) -> int:
    """Return a CPU that as few others as possible keep to; the same one each time."""
    if available not in _kept:
        cpus = random.sample(sorted(available), len(available))
        _kept[available] = cpus[0]
        if directory is not None:
            with suppress(OSError):  # no such file can be kept: by chance, then
                _kept[available] = _locked(directory, cpus)
    return _kept[available]


def _locked(directory: Path, cpus: list[int]) -> int:
    """Lock the first free place; raises OSError where there is none."""
    import fcntl  # here: not every system has it

    make_directory(directory)
    make_file(directory / FILE)
    # Stays open until the process ends, and nobody else here opens that file: POSIX takes all locks
    # of a process on a file back when it closes any descriptor of it.
    descriptor = os.open(directory / FILE, os.O_RDWR)
    first = _first_place()
    for level, cpu in product(range(_MOST_ON_ONE), cpus):
        with suppress(BlockingIOError, PermissionError):
            place = first + level * _MOST_CPUS + cpu
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            return cpu
    os.close(descriptor)
    raise OSError("every place is taken")


def _first_place() -> int:
    """Return where this machine's places begin: several may share the directory.

    All containers of a machine see one boot id, and another one than those of other machines.
    """
    boot = _BOOT.read_text(encoding="ascii")
    return int(boot[:8], 16) * _MOST_CPUS * _MOST_ON_ONE
