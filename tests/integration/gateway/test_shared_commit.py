"""Callers on one event loop share a transaction, and none of them is harmed by another's."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from hub.gateway.shared_commit import SharedCommit


def doubled(items: Sequence[int]) -> list[int]:
    """Work that refuses 13."""
    if 13 in items:
        raise ValueError("13 is refused")
    return [2 * item for item in items]


def test_callers_that_wait_meanwhile_are_written_together() -> None:
    """The first goes alone; those that come while it is written form one batch."""
    batches: list[list[int]] = []
    first_is_in, go = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        first_is_in.set()
        assert go.wait(10)
        return doubled(items)

    async def run() -> list[int]:
        commits = SharedCommit(work, concerns_all=lambda _: False)
        first = asyncio.create_task(commits.answer(0))
        await asyncio.to_thread(first_is_in.wait, 10)
        others = [asyncio.create_task(commits.answer(n)) for n in (1, 2, 3)]
        await asyncio.sleep(0)  # one turn of the loop: they are queued
        go.set()
        return [await first, *(await asyncio.gather(*others))]

    assert asyncio.run(run()) == [0, 2, 4, 6]
    assert batches == [[0], [1, 2, 3]]


@pytest.mark.parametrize("alone", [True, False])
def test_a_refused_item_harms_no_other(alone: bool) -> None:
    """Its error is its own; an error that would meet all is everybody's, and tried once."""
    tried: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        tried.append(len(items))
        return doubled(items)

    async def run() -> list[int | BaseException]:
        commits = SharedCommit(work, concerns_all=lambda _: not alone)
        return await asyncio.gather(
            *(commits.answer(n) for n in (12, 13, 14)), return_exceptions=True
        )

    answers = asyncio.run(run())
    errors = [isinstance(answer, ValueError) for answer in answers]
    assert errors == ([False, True, False] if alone else [True, True, True])
    assert tried == ([3, 1, 1, 1] if alone else [3])


def test_a_caller_that_goes_away_leaves_the_others_their_answers() -> None:
    """Its item may be written; nobody waits for it."""
    go = threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        assert go.wait(10)
        return doubled(items)

    async def run() -> int:
        commits = SharedCommit(work, concerns_all=lambda _: False)
        gone, stays = (asyncio.create_task(commits.answer(n)) for n in (1, 2))
        await asyncio.sleep(0)
        gone.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(run()) == 4
