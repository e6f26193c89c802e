"""Plays stories in several processes, each a share of the seeds; a story is the same in all.

Where a story breaks, the shares go on until every seed before it is played: so the first seed that
breaks is the same, however many processes play.
"""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from tests.support.database.stores import migrated

_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of one story."""

    place: int
    """Of its seed among those that are played."""
    met: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    missed: str = ""
    """Why it does not replay exactly."""
    found: tuple[int, str] | None = None
    """Where a defect was searched: the first seed that shows it, and as what."""
    cpu: float = 0.0
    """Seconds."""

    @property
    def good(self) -> bool:
        """Whether to go on."""
        return not (self.broken or self.missed)


PlayOne = Callable[[int], Played]
"""Plays the story whose seed has this place."""


class ShareEnded(RuntimeError):
    """A process that played stories has died."""


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def play_each(
    count: int, play_one: PlayOne, *, jobs: int, until: float | None = None
) -> Iterator[Played]:
    """Yield what came of stories, as they end; until the first that is not good, or a time."""
    if jobs > 1:
        yield from _play_in_shares(count, play_one, jobs, until)
        return
    for place in range(count):
        if _is_over(until):
            return
        played = _timed(play_one, place)
        yield played
        if not played.good:
            return


def _play_in_shares(
    count: int, play_one: PlayOne, jobs: int, until: float | None
) -> Iterator[Played]:
    migrated()  # once for all of them
    first_bad = _FORK.Value("q", count)

    def play_share(share: int, tell: Connection) -> None:
        with closing(tell):
            for place in range(share, count, jobs):
                if place > first_bad.value or _is_over(until):
                    break
                played = _timed(play_one, place)
                if not played.good:
                    with first_bad.get_lock():
                        first_bad.value = min(first_bad.value, place)
                tell.send(played)
            tell.send(None)

    told = []
    for share in range(jobs):
        hear, tell = _FORK.Pipe(duplex=False)
        _FORK.Process(target=play_share, args=(share, tell), daemon=True).start()
        tell.close()
        told.append(hear)
    yield from _heard(told)


def _heard(told: Sequence[Connection]) -> Iterator[Played]:
    left: list[Any] = list(told)
    while left:
        for hear in cast("list[Connection]", wait(left)):
            try:
                played = hear.recv()
            except EOFError:
                raise ShareEnded("a process that plays stories has died; see its message") from None
            if played is None:
                left.remove(hear)
            else:
                yield played


def _timed(play_one: PlayOne, place: int) -> Played:
    began = time.process_time()
    played = play_one(place)
    return replace(played, cpu=time.process_time() - began)


def _is_over(until: float | None) -> bool:
    return until is not None and time.monotonic() > until
