"""Makes a story that breaks an invariant as short as it gets, by leaving things out one by one."""

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.story import Ended, Plot

Play = Callable[[Plot], Ended]
MOST_TRIES = 200
"""Stories that are played to make one shorter."""


def shortest(broken: Ended, play: Play, *, tries: int = MOST_TRIES) -> Ended:
    """Return the shortest story found that still breaks the same invariant.

    First dossiers are left out, then faults: halves of what is left, then one by one.
    """
    best = broken
    number = _invariant(broken)

    def attempt(plot: Plot) -> bool:
        nonlocal best, tries
        if tries <= 0:
            return False
        tries -= 1
        ended = play(plot)
        if _invariant(ended) != number:
            return False
        best = ended
        return True

    everyone = range(broken.plot.dossiers)
    _leave_out(
        [nth for nth in everyone if nth not in best.plot.without],
        lambda gone: attempt(replace(best.plot, without=best.plot.without | gone)),
    )
    _leave_out(
        list(best.struck),
        lambda gone: attempt(replace(best.plot, left_out=best.plot.left_out | gone)),
    )
    return best


def _invariant(ended: Ended) -> str:
    """Return the number of the invariant that is broken, "" where none is."""
    return ended.broken.partition(":")[0]


def _leave_out(items: list, works_without: Callable[[frozenset], bool]) -> None:  # type: ignore[type-arg]
    size = max(1, len(items) // 2)
    while items:
        start = 0
        while start < len(items):
            part = items[start : start + size]
            if works_without(frozenset(part)):
                del items[start : start + size]
            else:
                start += size
        if size == 1:
            return
        size //= 2
