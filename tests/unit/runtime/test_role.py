"""A role tells whether it works: running, crashed lately, standing still, ended."""

import threading

from hub.runtime.role import Role, stop_all


class Worker(Role):
    """Does what the test says, once a turn."""

    name = "worker"
    crash_pause = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.turned = threading.Event()
        self.error: Exception | None = None
        self.finished = 0

    def run(self) -> None:
        self.beat()
        self.turned.set()
        if self.error is not None:
            raise self.error
        self.stopping.wait()

    def finish(self) -> None:
        self.finished += 1
        if self.error is not None:
            raise self.error


def test_a_role_that_works_or_was_stopped_is_in_no_trouble() -> None:
    """And one that was never started, or has ended by itself, is."""
    worker = Worker()
    assert "ended" in worker.trouble
    worker.start()
    assert worker.turned.wait(10)
    assert worker.trouble == ""
    worker.stop()
    assert worker.trouble == ""


def test_a_crash_is_remembered_for_a_while_without_its_text() -> None:
    """The text of an error may name a citizen; its kind may not."""
    worker = Worker()
    worker.error = ValueError("Nguyễn Văn Mẫu")
    worker.start()
    assert worker.turned.wait(10)
    worker.turned.clear()
    assert worker.turned.wait(10)  # it has crashed and runs again
    assert worker.trouble == "it crashed: ValueError"
    worker.stop()


def test_a_role_that_stands_still_is_told_from_one_that_does_not_beat() -> None:
    """Only who promised to beat can be too late."""
    worker = Worker()
    worker.start()
    assert worker.turned.wait(10)
    worker.patience = -1.0
    assert "no progress" in worker.trouble
    worker.patience = None
    assert worker.trouble == ""
    worker.stop()


def test_a_role_that_is_stopped_before_its_first_run_still_finishes() -> None:
    """What it holds in memory is written down, whether or not it came to run."""
    worker = Worker()
    worker.request_stop()
    worker.start()
    worker.stop()
    assert (worker.turned.is_set(), worker.finished) == (False, 1)


def test_a_role_finishes_once_after_crashes_and_its_finish_may_fail() -> None:
    """The thread ends all the same."""
    worker = Worker()
    worker.error = ValueError()
    worker.start()
    thread = worker.thread
    assert worker.turned.wait(10)
    worker.stop()
    assert worker.finished == 1
    assert thread is not None
    assert not thread.is_alive()


def test_who_writes_down_what_others_count_ends_after_them() -> None:
    """A role may count something until its last moment."""
    ended: list[str] = []

    class Counted(Worker):
        def finish(self) -> None:
            ended.append(self.name)

    last, first = Counted(), Counted()
    last.name, last.stops_last = "last", True
    for role in (last, first):
        role.start()
    stop_all([last, first])
    assert ended == ["worker", "last"]
