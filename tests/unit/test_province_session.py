"""One session for all threads: one login when it is over, one failure when that fails."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.provincial.session import Session
from hub.rules.errors import PermanentFailure, TransientFailure


class Province:
    """Counts logins; each waits for the gate and then gives the next session, or fails."""

    def __init__(self) -> None:
        self.logins = 0
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def log_in(self) -> str:
        self.logins += 1
        assert self.gate.wait(10)
        if self.failure:
            raise self.failure
        return f"session-{self.logins}"


def test_the_first_use_logs_in_and_later_ones_do_not() -> None:
    """A session is kept for as long as nobody says that it is over."""
    province = Province()
    session = Session(province.log_in)
    assert [session.get() for _ in range(3)] == ["session-1"] * 3
    assert province.logins == 1


def test_renewing_what_was_renewed_already_logs_in_no_more() -> None:
    """A thread that comes late with the old session gets the new one."""
    province = Province()
    session = Session(province.log_in)
    old = session.get()
    assert session.renew(old) == "session-2"
    assert session.renew(old) == "session-2"
    assert province.logins == 2


class ToldLock:
    """A lock that tells how many have come to it."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.mark.parametrize("fails", [False, True])
def test_threads_share_one_login_and_its_failure(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one logs in, the others wait for it and take what it got: a session or the failure."""
    province, lock = Province(), ToldLock()
    province.gate.clear()
    province.failure = TransientFailure("partner_login", "slow") if fails else None
    session = Session(province.log_in)
    monkeypatch.setattr(session, "_lock", lock)

    def use() -> str:
        try:
            return session.get()
        except TransientFailure as failure:
            return f"{failure}"

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(use) for _ in range(8)]
        for _ in calls:
            assert lock.came.acquire(timeout=10)
        province.gate.set()
        found = {call.result(10) for call in calls}
    assert found == {"partner_login: slow" if fails else "session-1"}
    assert province.logins == 1


def test_a_failure_is_not_kept_for_those_who_come_later() -> None:
    """The next delivery tries again, and succeeds when the province is well."""
    province = Province()
    session = Session(province.log_in)
    province.failure = PermanentFailure("partner_forbidden")
    with pytest.raises(PermanentFailure):
        session.get()
    province.failure = None
    assert session.get() == "session-2"


def test_after_a_failed_renewal_the_old_session_is_gone() -> None:
    """A session that is over is not handed out again."""
    province = Province()
    session = Session(province.log_in)
    old = session.get()
    province.failure = TransientFailure("partner_login")
    with pytest.raises(TransientFailure):
        session.renew(old)
    province.failure = None
    assert session.get() != old
