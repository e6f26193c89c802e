"""Group commit: many callers, few transactions, each caller its own answer."""

import threading
from collections.abc import Sequence

import pytest

from hub.flow.group_commit import Closed, GroupCommit


def test_callers_that_come_while_a_group_is_written_form_the_next_one() -> None:
    """One slow transaction, then one for all that waited."""
    entered, go_on = threading.Event(), threading.Event()
    groups: list[list[int]] = []

    def work(items: Sequence[int]) -> list[int]:
        groups.append(list(items))
        entered.set()
        go_on.wait(10)
        return [item * 10 for item in items]

    commits = GroupCommit(work)
    first = commits.submit(1)
    entered.wait(10)
    later = [commits.submit(n) for n in range(2, 50)]
    go_on.set()
    assert first.result(10) == 10
    assert [future.result(10) for future in later] == [n * 10 for n in range(2, 50)]
    assert groups == [[1], list(range(2, 50))]
    commits.close()


def test_one_bad_item_fails_alone() -> None:
    """Its neighbours in the group are done."""

    def work(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return list(items)

    commits = GroupCommit(work)
    futures = [commits.submit(n) for n in range(6)]
    for n, future in enumerate(futures):
        if n == 3:
            with pytest.raises(ValueError, match="three"):
                future.result(10)
        else:
            assert future.result(10) == n
    commits.close()


def test_what_comes_after_the_end_is_refused_at_once() -> None:
    """Nobody waits for ever for a thread that has ended; closing twice does no harm."""
    commits = GroupCommit[int, int](lambda items: list(items))
    before = commits.submit(1)
    commits.close()
    commits.close()
    assert before.result(10) == 1
    with pytest.raises(Closed):
        commits.submit(2)
