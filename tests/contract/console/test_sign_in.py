"""Signing in at the console: two steps, strict cookies, forms that are one's own and never lost."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from hub.console.sign_in.cookies import DEVICE, SESSION
from hub.rules.users import passwords
from hub.rules.users.sign_in import IDLE
from hub.store.engine.store import Store
from hub.store.users import accounts, sessions
from hub.web import live
from tests.contract.console.conftest import Clock, sign_in, token
from tests.support.browser_session import BrowserSession, hidden
from tests.support.console import looking
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of


def test_password_and_code_lead_back_to_the_page(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """A stranger gets the form instead of the page, and the page afterwards; no other site."""
    asked = browser.get("/search?q=1")
    assert asked.status_code == 401
    assert hidden(asked, "back") == "/search?q=1"
    assert sign_in(browser, sqlite_store, clock, {"back": "/search?q=1"}) == "/search?q=1"
    assert browser.get("/").status_code == 200
    assert sign_in(browser, sqlite_store, clock, {"back": "https://elsewhere.example"}) == "/"


def test_cookies_are_of_this_host_and_unseen_by_scripts(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """Both, in every answer that sets one; the token changes with the code."""
    before = browser.post("/sign-in", {"name": "binh", "password": PASSWORD})
    first = browser.cookies[SESSION]
    after = browser.post("/sign-in/code", {"code": code_of(sqlite_store, "binh", clock())})
    assert browser.cookies[SESSION] != first
    assert browser.cookies[DEVICE]
    lines = [line for it in (before, after) for line in it.headers.get_list("set-cookie")]
    # The session twice, the browser's mark, and the end of what a provider's sign-in had left.
    assert len(lines) == 4
    for line in lines:
        assert line.startswith("__Host-")
        for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert attribute in line
        assert "Domain" not in line


@pytest.mark.parametrize("path", ["/", "/account", "/search"])
def test_half_a_sign_in_opens_no_page(browser: BrowserSession, path: str) -> None:
    """A right password without the code is worth a page that asks for the code."""
    browser.post("/sign-in", {"name": "binh", "password": PASSWORD})
    assert browser.get(path).status_code == 401
    assert "One-time code" in browser.get("/sign-in/code").text


def test_what_is_wrong_is_told_and_typed_again(browser: BrowserSession) -> None:
    """Without the password that was typed in the page."""
    wrong = browser.post("/sign-in", {"name": "binh", "password": "wrong wrong wrong"})
    assert wrong.status_code == 422
    assert "The account name or the password is wrong." in wrong.text
    assert "wrong wrong" not in wrong.text
    browser.post("/sign-in", {"name": "binh", "password": PASSWORD})
    assert "The code is wrong" in browser.post("/sign-in/code", {"code": "000000"}).text


def test_the_first_password_has_to_be_changed(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """Until then no page opens; then it is a password like any other."""
    given = passwords.hashed(PASSWORD)
    with sqlite_store.write() as tx:
        accounts.set_password(tx, "binh", given, given=True, now=clock())
    assert "Choose your own" in sign_in(browser, sqlite_store, clock)
    assert browser.get("/").status_code == 401
    own = {"old": PASSWORD, "new": "tám con cò trắng", "again": "tám con cò trắng"}
    for wrong in ({"again": "khác hẳn thế này"}, {"new": "ngắn", "again": "ngắn"}):
        assert browser.post("/sign-in/password", own | wrong).status_code == 422
    changed = browser.post("/sign-in/password", own | {"back": "/account"})
    assert changed.headers["location"] == "/account"
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {},
    ],
)
def test_a_form_of_another_site_does_nothing(
    browser: BrowserSession, sqlite_store: Store, clock: Clock, headers: Mapping[str, str]
) -> None:
    """Not even with the right token; nor does it sign in."""
    sign_in(browser, sqlite_store, clock)
    form = {"form_token": token(browser)}
    browser.headers = dict(headers)
    for path in ("/sign-out", "/sign-in"):
        assert browser.post(path, form).status_code == 403
    browser.headers = {"origin": str(browser.client.base_url).rstrip("/")}
    assert browser.get("/account").status_code == 200
    assert browser.post("/sign-out", form).status_code == 303


def test_a_key_needs_the_password_and_a_reason(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """An open browser, or a stolen session, is not enough for what lasts a year."""
    sign_in(browser, sqlite_store, clock)
    form = {"form_token": token(browser), "reason": "x", "password": PASSWORD}
    for wrong in ({"password": ""}, {"password": "wrong"}, {"reason": " "}):
        refused = browser.post("/account/key", form | wrong)
        assert refused.status_code == 422
        assert "hubu_" not in refused.text
    assert "hubu_" in browser.post("/account/key", form).text


def test_the_sign_in_takes_no_large_text(browser: BrowserSession) -> None:
    """Only a form that waits may be large."""
    for name in ("name", "password", "code"):
        assert browser.post("/sign-in", {name: "a" * 20_000}).status_code == 422
    assert browser.post("/sign-in", {"name": "a", "kept": "a" * 20_000}).status_code == 422


def test_a_proxy_that_is_believed_says_where_a_person_is(sqlite_store: Store, clock: Clock) -> None:
    """Else all persons behind it would wait for one another."""
    add_user(sqlite_store, password=PASSWORD, now=clock())
    with looking(
        sqlite_store,
        clock=clock,
        signed_in=False,
        code_key=lambda: CODE_KEY,
        address_of=lambda request: request.headers["x-forwarded-for"],
    ) as client:
        browser = BrowserSession(client)
        browser.headers["x-forwarded-for"] = "10.7.7.7"
        for _ in range(6):
            guessed = browser.post("/sign-in", {"name": "binh", "password": "a guess, a guess"})
        assert "Try again" in guessed.text
        browser.headers["x-forwarded-for"] = "10.7.7.8"
        sign_in(browser, sqlite_store, clock)
    with sqlite_store.read() as tx:
        (opened,) = sessions.of_user(tx, "binh", now=clock())
    assert opened.address == "10.7.7.x"


def test_a_person_sees_and_ends_the_own_sessions(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """The others at once, the own one by signing out; the browser stays known."""
    sign_in(browser, sqlite_store, clock)
    first = dict(browser.cookies)
    sign_in(browser, sqlite_store, clock)
    with sqlite_store.read() as tx:
        found = sessions.of_user(tx, "binh", now=clock())
    assert len(found) == 2
    page = browser.get("/account")
    other = hidden(page, "session")
    browser.post("/account/sessions", {"form_token": token(browser), "session": other})
    with sqlite_store.read() as tx:
        assert [it.id for it in sessions.of_user(tx, "binh", now=clock())] != [other]
    assert browser.get("/account").status_code == 200
    assert browser.post("/sign-out", {"form_token": token(browser)}).status_code == 303
    assert SESSION not in browser.cookies
    assert browser.cookies[DEVICE] == first[DEVICE]
    browser.cookies = first
    assert browser.get("/").status_code == 401


def test_a_changed_password_ends_the_other_sessions(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """This one goes on."""
    sign_in(browser, sqlite_store, clock)
    first = dict(browser.cookies)
    sign_in(browser, sqlite_store, clock)
    new = {"old": PASSWORD, "new": "tám con cò trắng", "again": "tám con cò trắng"}
    form = new | {"form_token": token(browser)}
    assert browser.post("/account/password", form | {"old": "wrong"}).status_code == 422
    assert browser.post("/account/password", form).status_code == 303
    assert browser.get("/").status_code == 200
    browser.cookies = first
    assert browser.get("/").status_code == 401


def test_an_open_page_keeps_no_session_and_ends_with_it(
    browser: BrowserSession, sqlite_store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stream is no use of the session, and is over soon after a revocation."""
    monkeypatch.setattr(live, "EVERY", timedelta(milliseconds=20))
    monkeypatch.setattr(live, "LASTS", timedelta(seconds=10))
    sign_in(browser, sqlite_store, clock)
    clock.pass_by(IDLE / 2)
    sent = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    rounds = 0
    with browser.client.stream("GET", "/live/overview/hour", headers=sent) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            rounds += line.startswith((":", "event:"))
            if rounds == 1:
                with sqlite_store.write() as tx:
                    (opened,) = sessions.of_user(tx, "binh", now=clock())
                    assert opened.last_seen_at == opened.made_at
                    sessions.end_all(tx, "binh")
                rounds += 1
    assert rounds < live.LASTS // live.EVERY


@pytest.mark.parametrize("size", [600_000, 3])
def test_a_form_that_is_none_is_a_plain_page(browser: BrowserSession, size: int) -> None:
    """Too large, or of another kind: nothing is read beyond the limit."""
    kind = "application/x-www-form-urlencoded" if size > 3 else "application/json"
    sent = {"content-type": kind, "sec-fetch-site": "same-origin"}
    answer = browser.client.post("/sign-in", content=b"a" * size, headers=sent)
    assert answer.status_code == 422
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_the_sign_in_is_in_both_languages(
    sqlite_store: Store, clock: Clock, language: str
) -> None:
    """No page fails for a missing word."""
    add_user(sqlite_store, password=PASSWORD, now=clock())
    with looking(
        sqlite_store,
        clock=clock,
        signed_in=False,
        code_key=lambda: CODE_KEY,
        language=language,
    ) as client:
        browser = BrowserSession(client)
        title = {"vi": "Đăng nhập", "en": "Sign in"}[language]
        assert f"<h1>{title}</h1>" in browser.get("/sign-in").text
        sign_in(browser, sqlite_store, clock)
        assert {"vi": "Khóa dòng lệnh", "en": "Key for the command line"}[language] in (
            browser.get("/account").text
        )
