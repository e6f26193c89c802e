"""The contract that a partner serves: fetched once a day, told once when it changes.

The store is of either kind; the time is an argument.
"""

import threading
from datetime import timedelta

from adapters.provincial import profile as province_profile
from adapters.simulation.process import SimulatorProcess
from hub.messages import catalog
from hub.ports import Fetched, FetchOutcome
from hub.store.repair import tasks
from tests.support.watched_contract import DAY, NEXT_VERSION, START, Watched


def test_our_own_contract_is_no_news(watched: Watched) -> None:
    """The WSDL with both schemas that it imports, read over the line, is the shipped one."""
    assert watched.check()
    assert watched.kept.outcome == FetchOutcome.SERVED
    assert (watched.kept.differs, watched.open_tasks, watched.drift) == (0, [], set())


def test_a_change_is_one_task_and_is_drift_by_operation(
    watched: Watched, province: SimulatorProcess
) -> None:
    """What, between when, beside our own; the next day it is no news any more."""
    watched.check()
    province.set_faults([NEXT_VERSION])
    assert not watched.check(DAY - timedelta(minutes=1))
    assert watched.check(timedelta(minutes=1))
    (task,) = watched.open_tasks
    assert (task.kind, task.destination) == ("contract_changed", catalog.PROVINCIAL)
    assert "added DangNhap reply/thoiGianXuLy (string" in task.detail
    assert "08:00 23/11/2026 and 08:00 24/11/2026" in task.detail
    assert "differs from the hub's schemas/ in 5 places" in task.detail
    operations = province_profile.OPERATIONS
    assert watched.drift == {(it, "contract", "+ reply/thoiGianXuLy") for it in operations}
    since = watched.kept.since
    assert watched.check(DAY)
    assert len(watched.open_tasks) == 1
    assert watched.kept.since == since


def test_a_change_that_a_person_settled_is_not_told_again(
    watched: Watched, province: SimulatorProcess
) -> None:
    """Only the next change is."""
    watched.check()
    province.set_faults([NEXT_VERSION])
    watched.check(DAY)
    with watched.store.write() as tx:
        (task,) = watched.open_tasks
        tasks.close(tx, task.number, actor="x", reason="meant", now=watched.now)
    watched.check(DAY)
    assert watched.open_tasks == []
    province.clear_faults()
    watched.check(DAY)
    (task,) = watched.open_tasks
    assert "removed DangNhap reply/thoiGianXuLy" in task.detail
    assert "it is that of the hub's schemas/" in task.detail


def test_the_first_one_is_compared_with_our_own(
    watched: Watched, province: SimulatorProcess
) -> None:
    """A province whose interface is another one from the beginning is told once."""
    province.set_faults([NEXT_VERSION])
    watched.check()
    (task,) = watched.open_tasks
    assert "differs from the hub's schemas/, first fetched" in task.detail
    assert ("DangNhap", "contract", "schemas: + reply/thoiGianXuLy") in watched.drift
    watched.check(DAY)
    assert len(watched.open_tasks) == 1


def test_of_several_timers_one_asks(watched: Watched) -> None:
    """And the next day again one."""

    class Counting:
        """A reader that counts how often it is asked."""

        name, address = watched.reader.name, watched.reader.address

        def __init__(self) -> None:
            self.asked: list[int] = []
            self.together = threading.Barrier(4)

        shipped = staticmethod(watched.reader.shipped)

        def fetch(self, stop: threading.Event) -> Fetched:
            self.asked.append(1)
            return watched.reader.fetch(stop)

        def close(self) -> None:
            """Nothing of its own."""

    counting = Counting()

    def look() -> None:
        one = Watched(watched.store, counting, now=watched.now)
        counting.together.wait(30)
        one.check()

    for day in (1, 2):
        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(counting.asked) == day
        watched.now += DAY


def test_a_clock_that_was_far_ahead_holds_nothing_up(watched: Watched) -> None:
    """What it wrote is no reason to wait for years."""
    watched.now = START + 1000 * DAY
    watched.check()
    watched.now = START
    assert watched.check()


def test_what_an_older_reader_kept_is_not_compared(
    watched: Watched, province: SimulatorProcess
) -> None:
    """An update of the hub is no change of the partner's."""
    province.set_faults([NEXT_VERSION])
    watched.check()
    (task,) = watched.open_tasks
    with watched.store.write() as tx:
        tasks.close(tx, task.number, actor="x", reason="x", now=watched.now)
        tx.exec_driver_sql("UPDATE contracts SET reader = 99, fingerprint = 'x', content = '?'")
    watched.check(DAY)
    assert watched.open_tasks == []
    assert watched.kept.fingerprint != "x"
