"""Signing in on both databases: password, code, session; what is wrong waits and is audited."""

from datetime import datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from hub.operations.signed_by import SignedBy
from hub.operations.users import accounts as accounts_ops
from hub.operations.users import signing_in
from hub.operations.users.opening import Browser, OpenedSession
from hub.operations.users.sign_in_room import MOST_OF_ONE, PLACES, RESERVED, SignInRoom
from hub.operations.users.signing_in import SignInOver, SignInRefused
from hub.rules.users import keys, one_time_codes, passwords
from hub.rules.users.sign_in import (
    FREE_OF_NETWORK,
    IDLE,
    MOST_CODES,
    UNFINISHED,
    SessionStage,
    source_of_network,
    wait_after,
)
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import accounts, devices, recovery_codes, sign_in_failures
from hub.store.users import keys as kept_keys
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

GIVEN = "given by somebody else"
HOME = Browser(address="10.1.2.3")
BY: SignedBy = {"actor": "Lê Văn An (account an)", "reason": "a test", "now": now()}


@pytest.fixture
def at(store: Store) -> datetime:
    """The time at which Bình has an account with a password of her own."""
    at = now()
    add_user(store, password=PASSWORD, now=at)
    return at


def key() -> bytes:
    """Return the content of the key file."""
    return CODE_KEY


def password(
    store: Store, at: datetime, typed: str = PASSWORD, browser: Browser = HOME
) -> OpenedSession:
    """Type a password."""
    return signing_in.check_password(store, " Binh", typed, browser=browser, now=at)


def code(
    store: Store, token: str, typed: str, at: datetime, browser: Browser = HOME
) -> OpenedSession:
    """Type a code."""
    return signing_in.check_code(store, token, typed, browser=browser, code_key=key, now=at)


def sign_in(store: Store, at: datetime, browser: Browser = HOME) -> OpenedSession:
    """Sign in as a whole."""
    token = password(store, at, browser=browser).token
    return code(store, token, code_of(store, "binh", at), at, browser)


def refusals(store: Store) -> list[str]:
    """Return the refused acts in the audit."""
    with store.read() as tx:
        query = sa.select(audit.c.action).where(audit.c.allowed.is_(False)).order_by(audit.c.seq)
        return list(tx.execute(query).scalars())


def test_password_and_code_open_a_session(store: Store, at: datetime) -> None:
    """Its token is another than before the code, and the old one opens nothing."""
    first = password(store, at)
    halfway = signing_in.signed_in(store, first.token, now=at)
    assert halfway
    assert halfway.session.stage is SessionStage.CODE
    whole = code(store, first.token, code_of(store, "binh", at), at)
    assert whole.stage is SessionStage.WHOLE
    assert signing_in.signed_in(store, first.token, now=at) is None
    who = signing_in.signed_in(store, whole.token, now=at)
    assert who
    assert who.visitor.name == "binh"
    assert who.session.address == "10.1.2.x"
    assert refusals(store) == []


@pytest.mark.parametrize(("name", "typed"), [("binh", "wrong wrong wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_account_get_one_answer(
    store: Store, at: datetime, name: str, typed: str
) -> None:
    """Nobody learns which accounts there are."""
    with pytest.raises(SignInRefused) as refused:
        signing_in.check_password(store, name, typed, browser=HOME, now=at)
    assert refused.value.text.en == "The account name or the password is wrong."


def test_guesses_wait_and_lock_no_known_browser_out(store: Store, at: datetime) -> None:
    """Strangers guess from many addresses: the browser that signed in before goes on."""
    mark = sign_in(store, at).mark
    assert mark
    later = at + timedelta(minutes=1)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            password(store, later, "a guess, a guess")
    with pytest.raises(SignInRefused) as waiting:
        password(store, later)
    assert "Try again in 1 minutes" in waiting.value.text.en
    assert sign_in(store, later, Browser(address="10.1.2.3", mark=mark)).stage == "whole"
    assert password(store, later, browser=Browser(address="10.1.2.4")).token
    assert refusals(store) == ["users.password"] * 5


def test_guessed_codes_end_the_sign_in_and_then_wait(store: Store, at: datetime) -> None:
    """Codes have a count of their own, which a right password does not begin anew."""
    token = password(store, at).token
    for _ in range(MOST_CODES):
        with pytest.raises(SignInRefused):
            code(store, token, "000000", at)
    with pytest.raises(SignInOver):
        code(store, token, code_of(store, "binh", at), at)
    again = password(store, at).token
    with pytest.raises(SignInRefused) as waiting:
        code(store, again, code_of(store, "binh", at), at)
    assert "Try again" in waiting.value.text.en
    later = at + timedelta(minutes=1)
    assert code(store, again, code_of(store, "binh", later), later).token
    assert refusals(store) == [*["users.code"] * MOST_CODES, "users.codes"]


def test_a_right_password_gets_to_its_code_whatever_was_guessed(store: Store, at: datetime) -> None:
    """After the longest wait there is time left to type the code; right passwords never wait."""
    for _ in range(6):
        assert password(store, at).token
    later = at
    for _ in range(10):
        with pytest.raises(SignInRefused):
            password(store, later, "a guess, a guess")
        later += wait_after(100)
    token = password(store, later).token
    assert wait_after(100) < UNFINISHED
    assert code(store, token, code_of(store, "binh", later), later).token


def test_a_weak_new_password_is_no_wrong_attempt(store: Store, at: datetime) -> None:
    """A person who tries short ones is not made to wait."""
    opened = sign_in(store, at)
    here = Browser(address="10.1.2.3", mark=opened.mark)
    for _ in range(8):
        with pytest.raises(passwords.WeakPassword):
            signing_in.change_password(store, opened.token, PASSWORD, "short", browser=here, now=at)
    new = "tám con cò trắng"
    changed = signing_in.change_password(store, opened.token, PASSWORD, new, browser=here, now=at)
    assert changed.stage is SessionStage.WHOLE


def test_a_network_that_tries_many_names_waits_and_known_browsers_do_not(
    store: Store, at: datetime
) -> None:
    """Each name once: no single account counts enough."""
    mark = sign_in(store, at).mark
    later = at + timedelta(minutes=1)
    with store.write() as tx:
        for _ in range(FREE_OF_NETWORK + 1):
            network = source_of_network(HOME.address)
            sign_in_failures.begin(tx, network, free=FREE_OF_NETWORK, now=later)
    with pytest.raises(SignInRefused, match="Too many"):
        password(store, later)
    assert password(store, later, browser=Browser(address=HOME.address, mark=mark)).token
    assert password(store, later, browser=Browser(address="10.1.2.4")).token


def test_many_sign_ins_at_once_are_refused_at_once(
    store: Store, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would hold the threads of everybody else; none of them counts as wrong."""
    room, source = SignInRoom(), source_of_network(HOME.address)
    monkeypatch.setattr(signing_in, "_ROOM", room)
    for _ in range(MOST_OF_ONE):
        assert room.reserve(source, known=False)
    for _ in range(8):
        with pytest.raises(SignInRefused, match="at once"):
            password(store, at)
    assert password(store, at, browser=Browser(address="10.1.2.4")).token
    room.leave(source)
    assert password(store, at).token


def test_strangers_of_many_networks_leave_places_to_known_browsers(
    store: Store, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown browser is refused then, a known one at the same address signs in."""
    mark = sign_in(store, at).mark
    room = SignInRoom()
    monkeypatch.setattr(signing_in, "_ROOM", room)
    taken = 0
    while room.reserve(f"network {taken}", known=False):
        taken += 1
    assert taken == PLACES - RESERVED
    later = at + timedelta(minutes=1)
    with pytest.raises(SignInRefused, match="at once"):
        password(store, later)
    assert password(store, later, browser=Browser(address=HOME.address, mark=mark)).token


def test_an_attempt_that_comes_too_early_takes_no_place(
    store: Store, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told so without a place and without a row that is written."""
    for _ in range(5):
        with pytest.raises(SignInRefused):
            password(store, at, "a guess, a guess")

    def taken(*_given: object, **_named: object) -> None:
        pytest.fail("it took a place, or counted")

    monkeypatch.setattr(SignInRoom, "reserve", taken)
    monkeypatch.setattr(sign_in_failures, "begin", taken)
    with pytest.raises(SignInRefused, match="Too many wrong"):
        password(store, at)


def test_a_password_that_was_changed_meanwhile_opens_nothing(
    store: Store, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is compared under the lock again."""
    matches = passwords.matches

    def slowly(kept: str, typed: str) -> bool:
        right = matches(kept, typed)
        accounts_ops.reset_password(store, "binh", by=BY | {"now": at})
        return right

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(SignInRefused):
        password(store, at)


@pytest.mark.parametrize("reset", ["password", "codes"])
def test_a_reset_ends_the_key_the_browsers_and_the_wrong_attempts(
    store: Store, at: datetime, reset: str
) -> None:
    """What a thief made of a session ends with it, and the person need not wait."""
    by = BY | {"now": at}
    mark = sign_in(store, at).mark
    accounts_ops.issue_key(store, "binh", by=by)
    for _ in range(6):
        with pytest.raises(SignInRefused):
            password(store, at, "a guess, a guess")
    if reset == "password":
        given = accounts_ops.reset_password(store, "binh", by=by).password
    else:
        accounts_ops.reset_codes(store, "binh", code_key=CODE_KEY, by=by)
        given = PASSWORD
    with store.read() as tx:
        assert kept_keys.of_user(tx, "binh") is None
        assert not devices.is_known(tx, "binh", keys.digest(mark), now=at)
    assert password(store, at, given).token


def test_an_act_that_outlasts_the_session_needs_the_password(store: Store, at: datetime) -> None:
    """A wrong one counts; one that is right leaves no wait."""
    token = sign_in(store, at).token

    def prove(typed: str) -> None:
        signing_in.prove_password(store, token, typed, browser=HOME, now=at)

    with pytest.raises(SignInRefused):
        prove("wrong wrong wrong")
    for _ in range(8):
        prove(PASSWORD)
    with pytest.raises(SignInOver):
        signing_in.prove_password(store, "x", PASSWORD, browser=HOME, now=at)


def test_a_code_opens_one_session(store: Store, at: datetime) -> None:
    """What was seen over a shoulder is worth nothing."""
    typed = code_of(store, "binh", at)
    first, second = password(store, at).token, password(store, at).token
    assert code(store, first, typed, at).token
    with pytest.raises(SignInRefused):
        code(store, second, typed, at)


def test_a_recovery_code_stands_in_for_the_device(store: Store, at: datetime) -> None:
    """Once."""
    with store.write() as tx:
        recovery_codes.replace(tx, "binh", [one_time_codes.recovery_digest("binh", "abc-def")])
    assert code(store, password(store, at).token, "ABC DEF", at).token
    with pytest.raises(SignInRefused):
        code(store, password(store, at).token, "abc-def", at)


def test_a_sign_in_takes_ten_minutes_at_most(store: Store, at: datetime) -> None:
    """Then the person begins anew; a token of another stage does not serve either."""
    late = at + UNFINISHED
    token = password(store, at).token
    with pytest.raises(SignInOver):
        code(store, token, code_of(store, "binh", late), late)
    with pytest.raises(SignInOver):
        signing_in.change_password(store, token, PASSWORD, "x", browser=HOME, now=at)
    with pytest.raises(SignInOver):
        code(store, sign_in(store, at).token, "000000", at)


def test_a_password_of_another_person_has_to_be_changed_first(store: Store, at: datetime) -> None:
    """The session opens nothing else until then; the other sessions end."""
    other = sign_in(store, at).token
    with store.write() as tx:
        accounts.set_password(tx, "binh", passwords.hashed(GIVEN), given=True, now=at)
    later = at + timedelta(minutes=1)
    first = password(store, later, GIVEN).token
    opened = code(store, first, code_of(store, "binh", later), later)
    assert opened.stage is SessionStage.PASSWORD

    def change(old: str, new: str) -> OpenedSession:
        return signing_in.change_password(store, opened.token, old, new, browser=HOME, now=later)

    for old, new in (("wrong", PASSWORD), (GIVEN, GIVEN)):
        with pytest.raises(SignInRefused):
            change(old, new)
    with pytest.raises(passwords.WeakPassword):
        change(GIVEN, "short")
    changed = change(GIVEN, PASSWORD)
    assert changed.stage is SessionStage.WHOLE
    for token in (other, opened.token):
        assert signing_in.signed_in(store, token, now=later) is None
    assert sign_in(store, later + timedelta(minutes=1)).stage is SessionStage.WHOLE


def test_a_page_that_keeps_itself_fresh_keeps_no_session_open(store: Store, at: datetime) -> None:
    """It ends when the person has not used it for an hour, whatever stands on a screen."""
    token = sign_in(store, at).token
    last = at + IDLE - timedelta(minutes=1)
    assert signing_in.signed_in(store, token, now=last, uses=False)
    assert signing_in.signed_in(store, token, now=at + IDLE) is None


def test_a_session_that_is_used_stays(store: Store, at: datetime) -> None:
    """Its use is written down by the minute, not by the page."""
    token = sign_in(store, at).token
    for seconds, written in ((59, 0), (60, 60)):
        used = at + timedelta(seconds=seconds)
        assert signing_in.signed_in(store, token, now=used)
        who = signing_in.signed_in(store, token, now=used)
        assert who
        assert who.session.last_seen_at == at + timedelta(seconds=written)
    assert signing_in.signed_in(store, token, now=at + timedelta(seconds=60) + IDLE) is None


def test_a_person_ends_the_own_sessions_only(store: Store, at: datetime) -> None:
    """The one that is used, or another one."""
    one, other = sign_in(store, at).token, sign_in(store, at + timedelta(minutes=1)).token
    later = at + timedelta(minutes=1)
    mine = signing_in.signed_in(store, one, now=later)
    theirs = signing_in.signed_in(store, other, now=later)
    assert mine
    assert theirs
    assert not signing_in.sign_out(store, mine, id="no such", now=later)
    assert signing_in.sign_out(store, mine, id=theirs.session.id, now=later)
    assert signing_in.signed_in(store, other, now=later) is None
    assert signing_in.sign_out(store, mine, now=later)
    assert signing_in.signed_in(store, one, now=later) is None


def test_without_the_key_file_no_code_is_right(store: Store, at: datetime) -> None:
    """A stolen database makes none; recovery codes go on."""
    token = password(store, at).token
    with pytest.raises(SignInRefused):
        signing_in.check_code(
            store,
            token,
            pyotp.TOTP("A" * 32).at(at),
            browser=HOME,
            code_key=lambda: None,
            now=at,
        )
