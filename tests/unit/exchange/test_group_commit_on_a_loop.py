"""Callers on one event loop share a transaction, and none of them is harmed by another's."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub.exchange.intake.group_commit import (
    SHORTEST_TIMER,
    GroupClosed,
    GroupCommit,
    Unanswered,
)

LONG = timedelta(seconds=20)


@pytest.fixture
def commits() -> Iterator[GroupCommit]:
    """A group commit in which a refused item is refused alone."""
    made = GroupCommit()
    yield made
    made.close()


def doubled(items: Sequence[int]) -> list[int]:
    """Work that refuses 13."""
    if 13 in items:
        raise ValueError("13 is refused")
    return [2 * item for item in items]


class HeldUp:
    """Work that waits until it may go on, and remembers its groups."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.groups: list[list[int]] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.entered.set()
        assert self.go_on.wait(10)
        return doubled(items)


async def iterations() -> None:
    """Let tasks submit in one iteration of the loop; in the next it hands over what they did."""
    for _ in range(2):
        await asyncio.sleep(0)


def test_what_is_submitted_in_one_iteration_of_the_loop_is_one_group(commits: GroupCommit) -> None:
    """Promise: the first of many calls that come together is not written alone."""
    groups: list[list[int]] = []

    def noted(items: Sequence[int]) -> list[int]:
        groups.append(list(items))
        return doubled(items)

    async def run() -> list[int]:
        return await asyncio.gather(
            *(commits.answer_async(noted, n, within=LONG) for n in range(10))
        )

    assert asyncio.run(run()) == [2 * n for n in range(10)]
    assert groups == [list(range(10))]


def test_what_a_loop_has_not_handed_over_before_the_close_is_refused(commits: GroupCommit) -> None:
    """Promise: a caller of the last iteration hears at once that nothing of it was written."""

    async def run() -> None:
        late = asyncio.create_task(commits.answer_async(doubled, 1, within=LONG))
        await asyncio.sleep(0)
        commits.close()
        with pytest.raises(GroupClosed):
            await late

    asyncio.run(run())


def test_callers_that_wait_meanwhile_are_written_together(commits: GroupCommit) -> None:
    """The first goes alone; those that come while it is written form one group."""
    work = HeldUp()

    async def run() -> list[int]:
        first = asyncio.create_task(commits.answer_async(work, 0, within=LONG))
        await asyncio.to_thread(work.entered.wait, 10)
        others = [
            asyncio.create_task(commits.answer_async(work, n, within=LONG)) for n in (1, 2, 3)
        ]
        await iterations()
        work.go_on.set()
        return [await first, *(await asyncio.gather(*others))]

    assert asyncio.run(run()) == [0, 2, 4, 6]
    assert work.groups == [[0], [1, 2, 3]]


def test_a_group_is_taken_while_the_loop_is_busy(commits: GroupCommit) -> None:
    """The next commit does not wait until the loop has heard of the one before."""
    work, second = HeldUp(), threading.Event()

    def noted(items: Sequence[int]) -> list[int]:
        second.set()
        return doubled(items)

    async def run() -> list[int]:
        first = asyncio.create_task(commits.answer_async(work, 1, within=LONG))
        await iterations()
        then = asyncio.create_task(commits.answer_async(noted, 2, within=LONG))
        await iterations()
        work.go_on.set()
        assert second.wait(10)  # on the loop's own thread: it hears of nothing meanwhile
        return [await first, await then]

    assert asyncio.run(run()) == [2, 4]


@pytest.mark.parametrize("alone", [True, False])
def test_a_refused_item_harms_no_other(alone: bool) -> None:
    """Its error is its own; an error that would meet all is everybody's, and tried once."""
    work, commits = HeldUp(), GroupCommit(concerns_all=lambda _: not alone)

    async def run() -> list[int | BaseException]:
        first = asyncio.create_task(commits.answer_async(work, 0, within=LONG))
        await asyncio.to_thread(work.entered.wait, 10)
        others = [
            asyncio.create_task(commits.answer_async(work, n, within=LONG)) for n in (12, 13, 14)
        ]
        await asyncio.sleep(0)
        work.go_on.set()
        assert await first == 0
        return await asyncio.gather(*others, return_exceptions=True)

    answers = asyncio.run(run())
    commits.close()
    errors = [isinstance(answer, ValueError) for answer in answers]
    assert errors == ([False, True, False] if alone else [True, True, True])
    assert work.groups == [[0], [12, 13, 14], *([[12], [13], [14]] if alone else [])]


def test_a_caller_that_goes_away_leaves_the_others_their_answers(commits: GroupCommit) -> None:
    """What it gave up in time is not written, and nobody waits for it."""
    work = HeldUp()

    async def run() -> int:
        first = asyncio.create_task(commits.answer_async(work, 0, within=LONG))
        await asyncio.to_thread(work.entered.wait, 10)
        gone, stays = (
            asyncio.create_task(commits.answer_async(work, n, within=LONG)) for n in (1, 2)
        )
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        work.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert await first == 0
        return await stays

    assert asyncio.run(run()) == 4
    assert work.groups == [[0], [2]]


def test_a_wait_that_is_over_tells_that_nobody_knows(commits: GroupCommit) -> None:
    """The item may be written, or not."""
    work = HeldUp()

    async def run() -> None:
        with pytest.raises(Unanswered):
            await commits.answer_async(work, 1, within=timedelta(milliseconds=10))
        work.go_on.set()

    asyncio.run(run())


def test_a_wait_of_no_time_does_not_keep_the_loop_busy(
    commits: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: the first caller's patience does not decide how often all waits are looked at."""
    work, timers = HeldUp(), list[float]()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        call_later = loop.call_later

        def noted(delay: float, *args: Any, **more: Any) -> asyncio.TimerHandle:
            timers.append(delay)
            return call_later(delay, *args, **more)

        monkeypatch.setattr(loop, "call_later", noted)
        with pytest.raises(Unanswered):
            await commits.answer_async(work, 1, within=timedelta(0))
        work.go_on.set()

    asyncio.run(run())
    assert timers
    assert min(timers) >= SHORTEST_TIMER


def test_a_loop_that_ended_is_forgotten(commits: GroupCommit) -> None:
    """Promise: a process with a loop for each piece of work keeps none of those that ended."""
    ended = list[weakref.ref[asyncio.AbstractEventLoop]]()

    async def run() -> int:
        ended.append(weakref.ref(asyncio.get_running_loop()))
        return await commits.answer_async(doubled, 1, within=LONG)

    for _ in range(3):
        assert asyncio.run(run()) == 2
    gc.collect()
    assert [it() for it in ended[:-1]] == [None, None]
