"""Forms of the console: of one session, kept through the sign-in, shown to their person only."""

from datetime import timedelta

import pytest

from hub.console.sign_in.forms import KeptForm
from hub.rules.users.sign_in import IDLE
from hub.store.engine.store import Store
from tests.contract.console.conftest import Clock, sign_in, token
from tests.support.browser_session import BrowserSession, hidden
from tests.support.users import PASSWORD, add_user, code_of


def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """It goes through the sign-in, a wrong password included, is shown, and done when sent."""
    sign_in(browser, sqlite_store, clock)
    typed = {"form_token": token(browser), "reason": 'vì "mất" <khóa> & cũ'}
    clock.pass_by(IDLE)
    ended = browser.post("/tried", typed)
    assert ended.status_code == 401
    assert "was not sent" in ended.text
    kept = hidden(ended, "kept")
    assert typed["form_token"] not in kept
    wrong = browser.post("/sign-in", {"name": "binh", "password": "x", "kept": kept})
    assert hidden(wrong, "kept") == kept
    entry = sign_in(browser, sqlite_store, clock, {"kept": kept})
    assert "Signed in again" in entry
    shown = browser.post("/sign-in/again", {"kept": kept})
    assert hidden(shown, "reason") == typed["reason"]
    assert 'action="/tried"' in shown.text
    again = {"form_token": hidden(shown, "form_token"), "reason": hidden(shown, "reason")}
    assert browser.post("/tried", again).text.startswith("done for")


def test_passwords_and_codes_are_never_kept(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """Not of a form that goes on through the sign-in, and nothing at all of the own account."""
    sign_in(browser, sqlite_store, clock)
    secrets = dict.fromkeys(("old", "new", "again", "password", "code"), "a typed secret")
    typed = {"form_token": token(browser), "reason": "typed", **secrets}
    clock.pass_by(IDLE)
    for path in ("/account/password", "/account/key", "/account/sessions"):
        ended = browser.post(path, typed)
        assert ended.status_code == 401
        assert 'name="kept"' not in ended.text
    ended = browser.post("/tried", typed)
    assert "typed" in hidden(ended, "kept")
    assert "a typed secret" not in ended.text
    sign_in(browser, sqlite_store, clock)
    for path in ("/account/password", "/tried"):
        old = browser.post(path, typed)
        assert old.status_code == 409
        assert "a typed secret" not in old.text


def test_what_a_person_typed_is_shown_to_nobody_else(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """Who signs in next at that browser sees nothing of it, in either way."""
    add_user(sqlite_store, "an", password=PASSWORD, now=clock())
    sign_in(browser, sqlite_store, clock)
    typed = {"form_token": token(browser), "reason": "typed by binh"}
    clock.pass_by(IDLE)
    kept = hidden(browser.post("/tried", typed), "kept")
    clock.pass_by(timedelta(minutes=1))
    browser.post("/sign-in", {"name": "an", "password": PASSWORD, "kept": kept})
    code = {"code": code_of(sqlite_store, "an", clock()), "kept": kept}
    assert browser.post("/sign-in/code", code).headers["location"] == "/"
    for path, form in (("/sign-in/again", {"kept": kept}), ("/tried", typed)):
        shown = browser.post(path, form)
        assert shown.status_code == 409
        assert "typed by binh" not in shown.text


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "no json",
        '["https://elsewhere.example", []]',
        '["//elsewhere.example", []]',
        '["javascript:alert(1)", []]',
        '["/search", {"a": 1}]',
        '["/search"]',
        "{}",
    ],
)
def test_a_kept_form_leads_nowhere_else(
    browser: BrowserSession, sqlite_store: Store, clock: Clock, kept: str
) -> None:
    """What is no form of this console is left out."""
    assert KeptForm.read(kept) is None
    assert sign_in(browser, sqlite_store, clock, {"kept": kept}) == "/"
    assert browser.post("/sign-in/again", {"kept": kept}).status_code == 409


def test_the_token_serves_every_tab_and_ends_with_the_session(
    browser: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """A form without it, or of an earlier session, is shown again instead of done."""
    sign_in(browser, sqlite_store, clock)
    first, second = token(browser), token(browser)
    assert first == second
    for wrong in ({}, {"form_token": "x"}, {"form_token": "é"}):
        assert browser.post("/tried", {"reason": "x", **wrong}).status_code == 409
    assert browser.post("/tried", {"reason": "x", "form_token": first}).text == "done for x"
    sign_in(browser, sqlite_store, clock)
    old = browser.post("/tried", {"reason": "typed before", "form_token": first})
    assert old.status_code == 409
    assert hidden(old, "reason") == "typed before"
    assert hidden(old, "form_token") == token(browser) != first
