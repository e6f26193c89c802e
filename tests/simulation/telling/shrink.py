"""Makes a story that breaks a promise as short as it gets, by leaving things out one by one.

First each dossier is tried alone. Then dossiers are left out, then faults; those that are needed
are moved forward. Then steps are left out: messages of the counter, acts of persons, reports of
the town, looks of the hub's roles, leaps of time. Of each halves of what is left are tried, then
quarters, at last one by one; and all again while it helps.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.plot import Ended, Plot
from tests.simulation.world.chance import FaultId

Play = Callable[[Plot], Ended]
EARLIEST = 6
"""Chances of a kind of fault that are tried in the place of a later one."""
ROOM = 1.5
"""A story with less in it may take so many times the steps: what is left happens later."""
MOST_STEPS = 150_000
"""Steps that are taken in all to make a story shorter: some seconds of one CPU."""


def shortest(broken: Ended, play: Play, *, most: int = MOST_STEPS) -> Ended:
    """Return the shortest story found that still breaks the same promise."""
    search = _Search(broken, play, most)
    lines = 0
    while lines != search.lines:
        lines = search.lines
        search.try_each_dossier_alone()
        search.leave_out_dossiers()
        search.leave_out_faults()
        search.move_faults()
        search.leave_out_steps()
    return search.best


class _Search:
    def __init__(self, broken: Ended, play: Play, most: int) -> None:
        self.best = broken
        self._play = play
        self._left = most
        self._number = _promise(broken)

    @property
    def lines(self) -> int:
        return len(self.best.events.all)

    def try_each_dossier_alone(self) -> None:
        everyone = frozenset(range(self.best.plot.dossiers))
        for only in sorted(everyone - self.best.plot.without):
            self._works(replace(self.best.plot, without=everyone - {only}), longer=False)

    def leave_out_dossiers(self) -> None:
        there = [nth for nth in range(self.best.plot.dossiers) if nth not in self.best.plot.without]
        _leave_out(there, self._works_without_dossiers)

    def leave_out_faults(self) -> None:
        _leave_out(list(self.best.struck), self._works_without)

    def move_faults(self) -> None:
        """Have a fault happen earlier: what came before it may then be left out."""
        for fault in list(self.best.struck):
            for earlier in range(1, min(fault.nth, EARLIEST + 1)):
                plot, id = self.best.plot, FaultId(fault.kind, earlier)
                left_out, moved = plot.left_out | {fault}, (plot.moved - {fault}) | {id}
                if self._works(replace(plot, left_out=left_out, moved=moved), longer=False):
                    break

    def leave_out_steps(self) -> None:
        if not self._works(replace(self.best.plot, shortened=True)):
            return  # no room is left even for the same story, with its steps counted
        for looks in (False, True):
            steps = [step for step in self.best.taken if _is_look(step) is looks]
            _leave_out(steps, lambda gone: self._works_without(gone, longer=False))

    def _works_without_dossiers(self, gone: frozenset[int]) -> bool:
        plot = self.best.plot
        return self._works(replace(plot, without=plot.without | gone))

    def _works_without(self, gone: frozenset[FaultId], *, longer: bool = True) -> bool:
        plot = self.best.plot
        return self._works(replace(plot, left_out=plot.left_out | gone), longer=longer)

    def _works(self, plot: Plot, *, longer: bool = True) -> bool:
        """Keep a story when it breaks the same promise; `longer`: even with more lines."""
        if self._left <= 0:
            return False
        ended = self._play(replace(plot, at_most=self.best.steps * ROOM))
        self._left -= ended.steps
        if _promise(ended) != self._number or (not longer and len(ended.events.all) > self.lines):
            return False
        self.best = replace(ended, plot=plot)
        return True


def _is_look(step: FaultId) -> bool:
    """Tell whether a step is a role's, which is only put off when it is left out."""
    return step.kind.startswith("step hub-")


def _promise(ended: Ended) -> str:
    """Return the number of the promise that is broken, "" where none is."""
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
