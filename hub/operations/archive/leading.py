"""One process archives at a time, and gives way to deliveries that wait."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from hub.store.archive.leader import leadership
from hub.store.archive.waiting_work import work_waits
from hub.store.engine.store import Store
from hub.texts import Explained, both

LOCK = ".lock"
PAUSE = 0.25
"""Seconds between two looks whether deliveries still wait."""


class NotLeading(Exception):
    """Another process archives just now."""


class Stopped(Explained):
    """The run ended before its work did; what is left is done by the next one."""


@contextmanager
def leading(store: Store, folder: Path) -> Iterator[None]:
    """Be the one that archives for the length of the block; raises NotLeading."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotLeading from None
        with leadership(store) as leads:
            if not leads:
                raise NotLeading
            yield
    finally:
        os.close(handle)


def giving_way(
    store: Store,
    *,
    clock: Callable[[], datetime],
    stop: Event,
    patience: timedelta,
    waiting: Callable[[bool], None] = lambda _: None,
) -> Callable[[], None]:
    """Return what waits, each time it is called, until no delivery is late.

    It raises Stopped when that takes longer than `patience`, or `stop` is set. `waiting` is told
    each time whether one is.
    """

    def give_way() -> None:
        end = time.monotonic() + patience.total_seconds()
        while not stop.is_set():
            with store.read() as tx:
                late = work_waits(tx, now=clock())
            waiting(late)
            if not late:
                return
            if time.monotonic() > end:
                raise Stopped(both("archive.deliveries_wait"))
            stop.wait(PAUSE)
        raise Stopped(both("archive.asked_to_stop"))

    return give_way
