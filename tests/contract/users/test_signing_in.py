"""Signing in on both databases: password, code, session; what is wrong waits and is audited."""

from datetime import datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from hub.operations.users import signing_in
from hub.operations.users.signing_in import Browser, OpenedSession, SignInOver, SignInRefused
from hub.rules.users import one_time_codes, passwords
from hub.rules.users.sign_in import IDLE, UNFINISHED, SessionStage
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import accounts, recovery_codes
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

GIVEN = "given by somebody else"
HOME = Browser(address="10.1.2.3")


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


def test_guessed_codes_wait_too(store: Store, at: datetime) -> None:
    """A right password does not begin the count anew."""
    token = password(store, at).token
    for _ in range(4):
        with pytest.raises(SignInRefused):
            code(store, token, "000000", at)
    with pytest.raises(SignInRefused) as waiting:
        code(store, token, code_of(store, "binh", at), at)
    assert "Try again" in waiting.value.text.en
    assert refusals(store) == ["users.code"] * 4


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
