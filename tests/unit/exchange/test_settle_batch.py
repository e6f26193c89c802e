"""Calls that have ended are gathered for one commit, while no thread is free and not for long."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.exchange.delivery.settle import CallOutcome
from hub.exchange.delivery.settle_batch import Ended, SettleBatch, is_worth_claiming
from hub.ports import Incoming, Receipt
from hub.store.deliveries.transitions import Claimed
from tests.support.works import AT

THREADS = 2


def ended(n: int) -> Ended:
    """Return a call that has ended."""
    incoming = Incoming(body=b"{}", message_id=str(n), type="province.progress", tag=n, session=1)
    claimed = Claimed(n, f"m-{n}", "D", 1, 1, None, AT, b"{}")
    outcome = CallOutcome(claimed=claimed, message=None, result=Receipt(), finished_at=AT)
    return Ended(incoming, outcome)


class Loop:
    """A batch, and how often its loop was woken."""

    def __init__(self, *, in_hand: int) -> None:
        self.woken = threading.Semaphore(0)
        self.batch = SettleBatch(threads=THREADS, wake=self.woken.release)
        self.batch.in_hand = in_hand

    def end(self, *numbers: int) -> None:
        """Have calls end."""
        for n in numbers:
            self.batch.put(*ended(n))


def test_a_call_that_ends_wakes_the_loop_and_is_taken_at_once_while_a_thread_is_free() -> None:
    """One dossier alone waits for no other."""
    loop = Loop(in_hand=THREADS)
    loop.end(1)
    assert loop.woken.acquire(timeout=0)
    assert [call.incoming.tag for call in loop.batch.next_batch(wait=True)] == [1]
    assert loop.batch.next_batch(wait=False) == []


def test_with_no_thread_free_half_of_what_is_in_hand_is_settled_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long the calls take to end: the first one waits for three more of six."""
    monkeypatch.setattr("hub.exchange.delivery.settle_batch.GATHER_AT_MOST", 60.0)
    loop = Loop(in_hand=6)
    loop.end(1)
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(loop.batch.next_batch, wait=True)
        loop.end(2, 3, 4)
        assert [call.incoming.tag for call in taken.result(timeout=30)] == [1, 2, 3, 4]


def test_what_could_not_be_written_is_taken_again() -> None:
    """The partner's reply is not forgotten."""
    loop = Loop(in_hand=1)
    loop.end(1)
    loop.batch.put_back(loop.batch.ended_by_now())
    assert [call.incoming.tag for call in loop.batch.next_batch(wait=False)] == [1]


@pytest.mark.parametrize(
    ("room", "width", "expected"),
    [(16, 32, True), (15, 32, False), (0, 32, False), (1, 4, True), (0, 4, False), (-3, 4, False)],
)
def test_claiming_waits_for_room_for_half_unless_something_is_paused(
    room: int, width: int, *, expected: bool
) -> None:
    """A probe or a ramp, with less in hand than usual, claims whatever fits."""
    assert is_worth_claiming(room, width=width, most=32) is expected
