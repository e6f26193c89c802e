"""The circuits of a destination under many threads: one trial, no lost call, one opening."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from hub.exchange.admission.circuits import UNLIMITED, Circuits, Permit
from hub.rules.failures.errors import NotAttempted
from tests.support.circuits import DOWN, NOW, POLICY, REFUSED, A, B, call, circuits, shut


def in_threads(count: int, *works: object) -> None:
    """Run functions in threads that begin together; raise what they raise, wait 30 s at most."""
    barrier = threading.Barrier(count * len(works), timeout=30)

    def run(work: object) -> None:
        barrier.wait()
        work()  # type: ignore[operator]

    with ThreadPoolExecutor(barrier.parties) as pool:
        for future in [pool.submit(run, work) for work in works for _ in range(count)]:
            future.result(timeout=30)


def test_threads_make_one_trial_together() -> None:
    """Sixteen that ask, enter and go at once when the pause is over: one call is made."""
    for _ in range(50):
        it = circuits()
        now = shut(it)
        calls: list[Permit] = []

        def attempt(it: Circuits = it, now: datetime = now, calls: list[Permit] = calls) -> None:
            if it.permits([A], now)[0]:
                permit = it.acquire(A)
                if it.veto(permit, now) is None:
                    calls.append(permit)

        in_threads(16, attempt)
        assert len(calls) == 1
        it.release(calls[0], None, dossier="D", now=now)
        assert it.room(now)[A] == 2


def test_threads_lose_no_call() -> None:
    """However ends and looks fall together, what is under way is counted: the ramp can go on."""
    it = circuits()
    now = shut(it)
    rounds = 200

    def deliver() -> None:
        for n in range(rounds):
            call(it, A, [None, REFUSED, NotAttempted("claim_late")][n % 3], now=now)

    def look() -> None:
        for _ in range(rounds):
            capacity = it.capacity(now)
            assert capacity.width is None or capacity.width >= 1
            assert set(it.pauses(now)) <= {A, B}
            assert all(0 < room <= POLICY.width for room in it.room(now).values())

    in_threads(4, deliver, look)
    while it.capacity(now) != UNLIMITED:
        assert call(it, A, None, now=now)
        assert call(it, B, None, now=now)
    shut(it, now=now)


def test_threads_that_fail_together_open_once() -> None:
    """Thirty calls of one turn that fail are one opening, not thirty that lengthen the pause."""
    it = circuits()
    permits = [it.acquire(A) for _ in range(32)]
    left = list(permits)

    def fail() -> None:
        it.release(left.pop(), DOWN, dossier="D", now=NOW)

    in_threads(32, fail)
    assert {pause.openings for pause in it.pauses(NOW).values()} == {1}
    assert it.capacity(NOW).until == NOW + POLICY.first_pause
