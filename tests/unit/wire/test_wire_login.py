"""One login for all threads: shared, renewed, and not fought over with another program."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.wire.login.login_end import Kind, LoginEnd
from adapters.wire.login.shared_login import (
    FEW,
    FIRST_PAUSE,
    IN_A_ROW,
    LONGEST_PAUSE,
    SOON,
    Granted,
    Login,
)
from hub.rules.failures.errors import (
    AmbiguousFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
)

REFUSED = LoginEnd(Kind.STATUS, "HTTP 401")
DENIED = LoginEnd(Kind.STATUS, "HTTP 403", denied=True)
FAULT = LoginEnd(Kind.FAULT, "SOAP fault Client")
PAGE = LoginEnd(Kind.PAGE, "HTTP 200 with a login page", certain=False)


class Partner:
    """Counts logins; each waits for the gate and then gives the next token, or fails."""

    def __init__(self) -> None:
        self.logins = 0
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.lifetime: timedelta | None = None

    def log_in(self) -> Granted:
        self.logins += 1
        assert self.gate.wait(10)
        if self.failure:
            raise self.failure
        return Granted(f"token-{self.logins}", self.lifetime)


def made(
    login: Login, ends: Sequence[LoginEnd | None], *, harmless: bool = False
) -> tuple[str, list[str]]:
    """Make a call that is answered as scripted; return its token and all that were used."""
    used: list[str] = []
    left = list(ends)

    def call(token: str) -> tuple[str, LoginEnd | None]:
        used.append(token)
        return token, left.pop(0) if left else None

    token, _ = login.made(call, lambda answer: answer[1], harmless=harmless)
    return token, used


def test_the_first_use_logs_in_and_later_ones_do_not() -> None:
    """A token is kept for as long as nobody says that it is over."""
    partner = Partner()
    login = Login(partner.log_in)
    assert [login.get() for _ in range(3)] == ["token-1"] * 3
    assert partner.logins == 1


def test_a_token_is_renewed_when_its_lifetime_is_over() -> None:
    """Counted from when it was asked for."""
    now = [1000.0]
    partner = Partner()
    partner.lifetime = timedelta(seconds=90)
    login = Login(partner.log_in, clock=lambda: now[0])
    assert login.get() == "token-1"
    now[0] += 89
    assert login.get() == "token-1"
    now[0] += 1
    assert login.get() == "token-2"


def test_renewing_what_was_renewed_already_logs_in_no_more() -> None:
    """A thread that comes late with the old token gets the new one."""
    partner = Partner()
    login = Login(partner.log_in)
    old = login.get()
    assert login.renew(old) == "token-2"
    assert login.renew(old) == "token-2"
    assert partner.logins == 2


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
    """While one logs in, the others wait for it and take what it got: a token or the failure."""
    partner, lock = Partner(), ToldLock()
    partner.gate.clear()
    partner.failure = TransientFailure("partner_login", "slow") if fails else None
    login = Login(partner.log_in)
    monkeypatch.setattr(login, "_lock", lock)

    def use() -> str:
        try:
            return login.get()
        except TransientFailure as failure:
            return f"{failure}"

    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(use) for _ in range(8)]
        for _ in calls:
            assert lock.came.acquire(timeout=10)
        partner.gate.set()
        found = {call.result(10) for call in calls}
    assert found == {"partner_login: slow" if fails else "token-1"}
    assert partner.logins == 1


def test_a_failure_is_not_kept_for_those_who_come_later() -> None:
    """The next delivery tries again, and succeeds when the partner is well."""
    partner = Partner()
    login = Login(partner.log_in)
    partner.failure = PermanentFailure("partner_refused")
    with pytest.raises(PermanentFailure):
        login.get()
    partner.failure = None
    assert login.get() == "token-2"


def test_after_a_failed_renewal_the_old_token_is_gone() -> None:
    """A login that is over is not handed out again."""
    partner = Partner()
    login = Login(partner.log_in)
    old = login.get()
    partner.failure = TransientFailure("partner_login")
    with pytest.raises(TransientFailure):
        login.renew(old)
    partner.failure = None
    assert login.get() != old


@pytest.mark.parametrize("end", [REFUSED, DENIED, FAULT], ids=str)
def test_a_call_that_was_certainly_refused_is_made_once_more(end: LoginEnd) -> None:
    """With a new login; the caller does not notice."""
    login = Login(Partner().log_in)
    assert made(login, [end]) == ("token-2", ["token-1", "token-2"])


def test_a_login_page_leaves_the_effect_unknown_and_the_next_question_logs_in() -> None:
    """A page may come before the work or after it, so the call is not made again."""
    login = Login(Partner().log_in)
    with pytest.raises(AmbiguousFailure, match="login page; the effect is unknown"):
        made(login, [PAGE])
    assert made(login, [], harmless=True) == ("token-2", ["token-2"])


def test_a_question_is_repeated_after_a_login_page() -> None:
    """Asking changes nothing."""
    login = Login(Partner().log_in)
    assert made(login, [PAGE], harmless=True) == ("token-2", ["token-1", "token-2"])


@pytest.mark.parametrize("end", [REFUSED, FAULT, PAGE], ids=str)
def test_what_a_new_login_does_not_help_is_no_effect(end: LoginEnd) -> None:
    """One renewal, one repeat, no loop."""
    partner = Partner()
    with pytest.raises(TransientFailure, match=r"partner_login: .*, under a new login too"):
        made(Login(partner.log_in), [end, end], harmless=True)
    assert partner.logins == 2


def test_a_right_that_a_new_login_lacks_holds_the_delivery() -> None:
    """A 403 under an old login is an end of it; under a new one it is a missing right."""
    with pytest.raises(NotAttempted, match="partner_forbidden: HTTP 403, under a new login too"):
        made(Login(Partner().log_in), [DENIED, DENIED])


def test_a_missing_right_is_no_contest() -> None:
    """However often it is refused: there is one finding, and it names the right."""
    login = Login(Partner().log_in)
    for _ in range(3 * IN_A_ROW):
        with pytest.raises(NotAttempted, match="partner_forbidden"):
            made(login, [DENIED, DENIED])


def test_logins_that_are_ended_by_403_again_and_again_are_a_contest() -> None:
    """Each new login works, so the right is there and the login was taken away."""
    login = Login(Partner().log_in, clock=lambda: 0.0)
    with pytest.raises(NotAttempted, match="partner_session"):
        for _ in range(2 * IN_A_ROW):
            made(login, [DENIED, None])


class Contest:
    """An account that another program uses, too: each of our logins is lost after `gap`."""

    def __init__(self, *, gap: timedelta, carried: int = 0) -> None:
        self.now = 0.0
        self.partner = Partner()
        self.login = Login(self.partner.log_in, clock=lambda: self.now)
        self.gap, self.carried = gap.total_seconds(), carried

    def lose(self) -> None:
        """Use the login, and have it refused."""
        token = self.login.get()
        for _ in range(self.carried):
            made(self.login, [])
        self.now += self.gap
        self.login.drop(token)


def test_logins_that_are_lost_within_seconds_are_followed_by_growing_pauses() -> None:
    """Two programs on one account do not throw each other out in a loop."""
    contest = Contest(gap=timedelta(seconds=1))
    for _ in range(IN_A_ROW):
        contest.lose()
    waited = []
    for _ in range(12):
        with pytest.raises(NotAttempted, match=r"partner_session: .* logins were lost") as held:
            contest.login.get()
        assert held.value.retry_after is not None
        waited.append(held.value.retry_after)
        contest.now += held.value.retry_after.total_seconds()
        contest.lose()
    expected = [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(12)]
    assert [round(it.total_seconds()) for it in waited] == [
        round(it.total_seconds()) for it in expected
    ]
    assert contest.partner.logins == IN_A_ROW + 12


@pytest.mark.parametrize(
    ("gap", "carried"), [(SOON, 0), (timedelta(seconds=1), FEW)], ids=["lasted", "carried"]
)
def test_logins_that_were_worth_their_making_bring_no_pause(gap: timedelta, carried: int) -> None:
    """A partner whose sessions are short, or carry some calls each, is not taken for a contest."""
    contest = Contest(gap=gap, carried=carried)
    for _ in range(50):
        contest.lose()
    assert contest.partner.logins == 50
