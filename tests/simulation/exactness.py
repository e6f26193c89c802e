"""Whether a story replays exactly, and if not, which file asked for chance that is not the story's.

Two runs of a seed do the same, call by call. Where they part, the function that called one thing in
one run and another in the other run decided by something that the seed does not decide. A value
that differs without a call that differs is told by the first line of the story that differs, and
by what asked the machine itself for a time or a number.
"""

import gc
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FrameType

from tests.simulation.plot import Ended

ROOT = Path(__file__).parents[2]
_OF_THE_MACHINE = {
    id(function): name
    for name, function in {
        "time.time": time.time,
        "time.time_ns": time.time_ns,
        "time.monotonic": time.monotonic,
        "os.urandom": os.urandom,
    }.items()
}
"""By what the functions are before a story rules them."""
Call = tuple[CodeType, int, CodeType]
"""Who called, in which line, what."""


class Trace:
    """What one run called, in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.asked: Counter[str] = Counter()
        """What was asked of the machine itself, with the place that asked."""

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep every call of the block; collecting garbage would call at any time."""
        gc.collect()
        gc.disable()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            gc.enable()

    def _note(self, frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_back is not None:
            back = frame.f_back
            self.calls.append((back.f_code, back.f_lineno, frame.f_code))
        elif event == "c_call" and (name := _of_the_machine(arg)):
            self.asked[f"{_place(frame.f_code, frame.f_lineno)} asks for {name}"] += 1


def missed_chance(first: Ended, again: Callable[[], Ended]) -> str:
    """Return where a story that is played once more becomes another one, "" where it does not."""
    second = again()
    if second.digest == first.digest:
        return ""
    one, other = Trace(), Trace()
    told, retold = (_traced(again, trace) for trace in (one, other))
    lines = [_parting(one, other), _first_line(told, retold), *sorted(one.asked | other.asked)]
    return "\n".join(filter(None, lines))


def _traced(play: Callable[[], Ended], trace: Trace) -> Ended:
    with trace.kept():
        return play()


def _parting(one: Trace, other: Trace) -> str:
    for mine, theirs in zip_longest(one.calls, other.calls):
        if mine == theirs:
            continue
        code, line, called = mine or theirs or other.calls[-1]
        instead = theirs[2].co_qualname if theirs else "nothing"
        return (
            f"{_place(code, line)} ({code.co_qualname}) calls {called.co_qualname} in one run "
            f"and {instead} in the other"
        )
    return ""


def _first_line(one: Ended, other: Ended) -> str:
    for mine, theirs in zip_longest(one.events.all, other.events.all):
        if mine != theirs:
            return f"the first line that differs: {_told(mine)} | {_told(theirs)}"
    return ""


def _told(line: object) -> str:
    return "nothing" if line is None else f"{line.at:.6f} {line.actor}: {line.what}"  # type: ignore[attr-defined]


def _of_the_machine(function: object) -> str:
    """Return the name of a source of chance that no story rules, "" for all else."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if owner is datetime and name in ("now", "utcnow", "today"):
        return f"datetime.{name}"
    if owner is random._inst or isinstance(owner, random.SystemRandom):
        return f"random.{name}"
    return _OF_THE_MACHINE.get(id(function), "")


def _place(code: CodeType, line: int) -> str:
    path = Path(code.co_filename)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{line}"
