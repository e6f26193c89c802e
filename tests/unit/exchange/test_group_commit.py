"""Group commit: many callers, few transactions, each caller its own answer."""

import threading
from collections.abc import Sequence

import pytest

from hub.exchange.intake.group_commit import GroupClosed, GroupCommit, Unanswered


def test_callers_that_come_while_a_group_is_written_form_the_next_one() -> None:
    """One slow transaction, then one for all that waited."""
    entered, go_on = threading.Event(), threading.Event()
    groups: list[list[int]] = []

    def work(items: Sequence[int]) -> list[int]:
        groups.append(list(items))
        entered.set()
        go_on.wait(10)
        return [item * 10 for item in items]

    commits = GroupCommit()
    first = commits.submit(work, 1)
    entered.wait(10)
    later = [commits.submit(work, n) for n in range(2, 50)]
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

    commits = GroupCommit()
    futures = [commits.submit(work, n) for n in range(6)]
    for n, future in enumerate(futures):
        if n == 3:
            with pytest.raises(ValueError, match="three"):
                future.result(10)
        else:
            assert future.result(10) == n
    commits.close()


def test_what_comes_after_the_end_is_refused_at_once() -> None:
    """Nobody waits for ever for a thread that has ended; closing twice does no harm."""
    commits = GroupCommit()
    before = commits.submit(list[int], 1)
    commits.close()
    commits.close()
    assert before.result(10) == 1
    with pytest.raises(GroupClosed):
        commits.submit(list[int], 2)


def test_a_failure_that_meets_all_is_not_tried_one_by_one() -> None:
    """A database that is away would let each of a large group wait for itself."""
    entered, go_on, groups = threading.Event(), threading.Event(), list[int]()

    def work(items: Sequence[int]) -> list[int]:
        groups.append(len(items))
        entered.set()
        go_on.wait(10)
        raise ConnectionError("away")

    commits = GroupCommit(concerns_all=lambda error: isinstance(error, ConnectionError))
    futures = [commits.submit(work, 1)]
    entered.wait(10)
    futures += [commits.submit(work, n) for n in range(2, 20)]
    go_on.set()
    for future in futures:
        with pytest.raises(ConnectionError):
            future.result(10)
    assert groups == [1, 18]
    commits.close()


def test_a_crash_answers_what_was_in_hand_and_the_next_item_is_served() -> None:
    """Its fault is ours: the caller learns that nobody knows, and the thread begins again."""
    wrong = [True]

    def work(items: Sequence[int]) -> list[int]:
        return [] if wrong.pop() else list(items)

    commits = GroupCommit()
    commits.crash_pause = 0
    first = commits.submit(work, 1)
    with pytest.raises(Unanswered):
        first.result(10)
    assert "crashed" in commits.trouble
    wrong.append(False)
    assert commits.submit(work, 2).result(10) == 2
    commits.close()
    assert commits.trouble == ""


def test_a_thread_that_stands_still_is_trouble() -> None:
    """The heartbeat of the process tells of it."""
    entered, go_on = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        entered.set()
        go_on.wait(10)
        return list(items)

    commits = GroupCommit()
    answer = commits.submit(work, 1)
    assert entered.wait(10)
    assert commits.trouble == ""
    commits.patience = 0.0
    assert "no progress" in commits.trouble
    go_on.set()
    assert answer.result(10) == 1
    commits.close()


def test_what_its_caller_gave_up_in_time_is_not_written() -> None:
    """A caller that has gone away leaves no work behind."""
    entered, go_on, written = threading.Event(), threading.Event(), list[int]()

    def work(items: Sequence[int]) -> list[int]:
        entered.set()
        go_on.wait(10)
        written.extend(items)
        return list(items)

    commits = GroupCommit()
    first = commits.submit(work, 1)
    assert entered.wait(10)
    given_up, last = commits.submit(work, 2), commits.submit(work, 3)
    assert given_up.cancel()
    assert not first.cancel()
    go_on.set()
    assert (first.result(10), last.result(10)) == (1, 3)
    commits.close()
    assert written == [1, 3]
