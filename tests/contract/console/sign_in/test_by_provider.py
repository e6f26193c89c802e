"""Signing in by a provider of identities at the console: it opens what is linked, once.

The provider is a small one of the tests; the certified one is in tests/browser.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa

from hub.console.links import PROVIDER_DONE as DONE
from hub.console.sign_in.by_provider import BEGIN, COOKIE, SIGN_OUT
from hub.console.sign_in.cookies import SESSION
from hub.operations.signed_by import SignedBy
from hub.operations.users import access
from hub.operations.users.sign_in_room import SignInRoom
from hub.rules.users.identities import IdentityRefusal
from hub.rules.users.sign_in import IDLE, UNFINISHED
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import sessions
from tests.contract.console.conftest import Clock, sign_in, token
from tests.support.browser_session import BrowserSession, hidden
from tests.support.console import looking
from tests.support.partners.identity_provider import TestProvider, test_provider
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of


@dataclass(slots=True)
class Ward:
    """A console with a provider, and a browser at it; Bình and An have accounts, Bình is linked."""

    there: TestProvider
    browser: BrowserSession
    store: Store
    clock: Clock
    denied: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, back: str = "/") -> dict[str, str]:
        """Press the button; return what the browser is sent to the provider with."""
        sent = self.browser.get(f"{BEGIN}?back={back}")
        assert sent.status_code == 303, sent.text
        place = urlsplit(sent.headers["location"])
        return {name: values[0] for name, values in parse_qs(place.query).items()}

    def come_back(self, query: Mapping[str, str], **claims: Any) -> httpx.Response:
        """Come back from the provider with a code that is worth a good token."""
        self.there.answers(query["nonce"], self.clock(), **claims)
        return self.browser.get(f"{DONE}?code=c&state={query['state']}")

    def type_code(self, name: str = "binh") -> httpx.Response:
        """Type the one-time code."""
        self.clock.pass_by(timedelta(minutes=1))
        return self.browser.post("/sign-in/code", {"code": code_of(self.store, name, self.clock())})

    def by(self) -> SignedBy:
        """Sign an act of another person."""
        return {"actor": "Lê Văn An (account an)", "reason": "a test", "now": self.clock()}

    def audited(self) -> list[tuple[str, str, bool]]:
        """Return what stands in the audit of sign-ins."""
        query = sa.select(audit.c.action, audit.c.object, audit.c.allowed).order_by(audit.c.seq)
        with self.store.read() as tx:
            return [tuple(row) for row in tx.execute(query) if row.action != "users.link"]


@pytest.fixture
def ward(sqlite_store: Store, clock: Clock, options: dict[str, Any]) -> Iterator[Ward]:
    """The console, and a browser of the ward."""
    for name in ("an", "binh"):
        add_user(sqlite_store, name, password=PASSWORD, now=clock())
    denied: list[tuple[str, str]] = []
    with ExitStack() as stack:
        there = stack.enter_context(test_provider())
        provider = there.provider(clock, **options)
        opened = looking(
            sqlite_store,
            clock=clock,
            signed_in=False,
            code_key=lambda: CODE_KEY,
            oidc_issuer=there.issuer,
            identities=provider,
            deny_identity=lambda where, code: denied.append((where, code)),
        )
        browser = BrowserSession(stack.enter_context(opened))
        browser.headers = {"sec-fetch-site": "same-origin"}
        made = Ward(there, browser, sqlite_store, clock, denied)
        access.link(
            sqlite_store, "binh", issuer=there.issuer, subject="binh@ward", own="", by=made.by()
        )
        yield made


@pytest.fixture
def options() -> dict[str, Any]:
    """What the hub's registration says besides."""
    return {}


def test_the_provider_takes_the_place_of_the_password(ward: Ward) -> None:
    """Then the code is asked for, and the page comes that was wanted."""
    asked = ward.browser.get("/search?q=1")
    assert "Sign in by the identity provider" in asked.text
    assert f"{BEGIN}?back=/search%3Fq%3D1" in asked.text
    back = ward.come_back(ward.begin("/search?q=1"))
    assert back.headers["location"] == "/sign-in/code?back=%2Fsearch%3Fq%3D1"
    assert ward.browser.get("/search").status_code == 401, "half a sign-in"
    assert hidden(ward.browser.get(back.headers["location"]), "back") == "/search?q=1"
    assert ward.type_code().status_code == 303
    assert ward.browser.get("/").status_code == 200
    assert ward.audited() == [
        ("users.identity", "binh", True),
        ("users.sign_in", "binh code", True),
    ]
    assert ward.denied == []


@pytest.mark.parametrize("options", [{"second_factors": ["mfa"]}])
@pytest.mark.parametrize(("amr", "whole"), [(["pwd", "mfa"], True), (["pwd"], False)])
def test_a_second_factor_of_the_provider_stands_for_the_code(
    ward: Ward, amr: list[str], whole: bool
) -> None:
    """Where the settings accept it, and the provider says that it asked for it."""
    back = ward.come_back(ward.begin(), amr=amr)
    assert (back.headers["location"] == "/") is whole
    assert (ward.browser.get("/").status_code == 200) is whole
    with ward.store.read() as tx:
        (session,) = sessions.of_user(tx, "binh", now=ward.clock())
    with ward.store.write() as tx:
        assert sessions.end(tx, session.id, user="binh"), "a row as any other"
    assert ward.browser.get("/").status_code == 401


def test_a_person_without_a_linked_account_is_told_what_to_hand_on(ward: Ward) -> None:
    """Nothing is added; the manager of accounts links what the page shows."""
    answer = ward.come_back(ward.begin(), sub="an@ward")
    assert answer.status_code == 403
    assert "The provider calls you: an@ward" in answer.text
    assert "identity_unknown" in answer.text
    assert ward.denied == [("127.0.0.x", "identity_unknown")]
    access.link(ward.store, "an", issuer=ward.there.issuer, subject="an@ward", own="", by=ward.by())
    assert ward.come_back(ward.begin(), sub="an@ward").status_code == 303


@pytest.mark.parametrize("options", [{"signed_out_uri": "https://hub.example/sign-in"}])
def test_who_signs_out_may_sign_out_at_the_provider_too(ward: Ward) -> None:
    """Once, with the token of that sign-in; a sign-in with the password knows nothing of it."""
    place = f"{ward.there.issuer}/end"
    ward.there.metadata = {"end_session_endpoint": place}
    ward.come_back(ward.begin())
    assert ward.type_code().status_code == 303
    assert ward.browser.get(SIGN_OUT).headers["location"] == "/account", "still signed in"
    page = ward.browser.post("/sign-out", {"form_token": token(ward.browser)})
    assert f'href="{SIGN_OUT}"' in page.text
    assert ward.there.issuer in page.text
    assert ward.browser.get("/").status_code == 401
    sent = urlsplit(ward.browser.get(SIGN_OUT).headers["location"])
    assert sent._replace(query="").geturl() == place
    assert parse_qs(sent.query)["id_token_hint"][0].count(".") == 2
    assert ward.browser.get(SIGN_OUT).headers["location"] == "/sign-in"
    ward.come_back(ward.begin())
    assert sign_in(ward.browser, ward.store, ward.clock) == "/"
    answer = ward.browser.post("/sign-out", {"form_token": token(ward.browser)})
    assert answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("gone", ["locked", "unlinked", "other provider"])
def test_what_was_taken_from_an_account_opens_it_no_more(ward: Ward, gone: str) -> None:
    """And the audit says so, by the account where there is one."""
    query = ward.begin()
    add_user(ward.store, "em", now=ward.clock())
    if gone == "locked":
        access.lock(ward.store, "binh", own="an", by=ward.by())
    else:
        access.unlink(ward.store, "binh", by=ward.by())
    if gone == "other provider":
        issuer, subject = "https://other.example", "binh@ward"
        access.link(ward.store, "binh", issuer=issuer, subject=subject, own="an", by=ward.by())
    answer = ward.come_back(query)
    assert answer.status_code == 403
    assert SESSION not in ward.browser.cookies
    if gone == "locked":
        assert ward.audited()[-1] == ("users.identity", "binh account_closed", False)
    else:
        assert ward.denied == [("127.0.0.x", "identity_unknown")]


def test_an_answer_opens_a_session_once(ward: Ward) -> None:
    """Not with the cookie that is gone, and not with the same cookie again."""
    query = ward.begin()
    cookie = ward.browser.cookies[COOKIE]
    assert ward.come_back(query).status_code == 303
    assert COOKIE not in ward.browser.cookies
    again = ward.come_back(query)
    assert (again.status_code, ward.denied[-1][1]) == (403, IdentityRefusal.STATE)
    ward.browser.cookies[COOKIE] = cookie
    again = ward.come_back(query)
    assert (again.status_code, "state_used" in again.text) == (403, True)
    assert ward.audited()[-1] == ("users.identity", "binh state_used", False)


def test_an_answer_counts_at_the_browser_that_began(ward: Ward) -> None:
    """Nobody signs another person in: not by a link, not by a cookie of the own, not too late."""
    query = ward.begin()
    cookie = ward.browser.cookies.pop(COOKIE)
    assert ward.come_back(query).status_code == 403
    mark, _, made = cookie.partition(".")
    for wrong in ("", ".", "x.y", f"{mark[:-1]}x.{made}", f"{mark}.{made}A", "." * 9000):
        ward.browser.cookies[COOKIE] = wrong
        assert ward.come_back(query).status_code == 403, wrong
    ward.browser.cookies[COOKIE] = cookie
    other = {**query, "state": "x" * 52}
    assert ward.come_back(other).status_code == 403
    ward.browser.cookies[COOKIE] = cookie
    ward.clock.pass_by(UNFINISHED + timedelta(seconds=2))
    assert ward.come_back(query).status_code == 403
    assert {code for _, code in ward.denied} == {IdentityRefusal.STATE}
    assert SESSION not in ward.browser.cookies


@pytest.mark.parametrize(
    ("came_with", "code"),
    [
        ("error=access_denied", IdentityRefusal.PROVIDER_REFUSED),
        ("code=", IdentityRefusal.PROVIDER_REFUSED),
        ("code=c&iss=https://other.example", IdentityRefusal.TOKEN_ISSUER),
        ("code=used", IdentityRefusal.PROVIDER_REFUSED),
    ],
)
def test_what_the_provider_refuses_is_told(
    ward: Ward, came_with: str, code: IdentityRefusal
) -> None:
    """With the form for the password, and a code that the runbook has."""
    query = ward.begin()
    ward.there.token = lambda _form: {"error": "invalid_grant"}
    answer = ward.browser.get(f"{DONE}?{came_with}&state={query['state']}")
    assert answer.status_code == 403
    assert f"Code: {code}" in answer.text
    assert 'name="password"' in answer.text
    assert ward.denied == [("127.0.0.x", code)]


def test_while_the_provider_is_down_the_password_works(ward: Ward) -> None:
    """The button says so at once; nothing else changes."""
    ward.there.status = 503
    answer = ward.browser.get(BEGIN)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert sign_in(ward.browser, ward.store, ward.clock) == "/"
    assert ward.browser.get("/").status_code == 200


def test_what_was_typed_is_not_lost_by_the_way_to_the_provider(ward: Ward) -> None:
    """It stays in its page, which leads on once the person has signed in in another tab."""
    sign_in(ward.browser, ward.store, ward.clock)
    typed = {"form_token": token(ward.browser), "reason": "vì mất điện thoại"}
    ward.clock.pass_by(IDLE)
    ended = ward.browser.post("/accounts/an/lock", typed)
    assert "in a new tab" in ended.text
    kept = hidden(ended, "kept")
    ward.come_back(ward.begin())
    ward.type_code()
    assert "vì mất điện thoại" in ward.browser.post("/sign-in/again", {"kept": kept}).text


def test_without_a_provider_there_is_no_button_and_no_address(browser: BrowserSession) -> None:
    """Off unless the settings name one."""
    assert "identity provider" not in browser.get("/sign-in").text
    assert browser.get(BEGIN).status_code == 404
    assert browser.get(f"{DONE}?code=c&state=s").status_code == 404


def test_where_it_leads_back_to_is_a_page_of_this_console(ward: Ward) -> None:
    """Not an address that a link chose."""
    back = ward.come_back(ward.begin("https://elsewhere.example"))
    assert back.headers["location"] == "/sign-in/code?back=%2F"
    assert ward.begin("/search?q=" + "1" * 5000)


def test_a_provider_that_hangs_holds_few_threads(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers may press the button; without a place the provider is not called."""
    monkeypatch.setattr(SignInRoom, "reserve", lambda *_, **__: False)
    answer = ward.browser.get(BEGIN)
    assert answer.status_code == 503
    assert "Code: busy" in answer.text
    assert ward.there.calls == []


def test_a_person_sees_what_the_own_account_is_linked_to(ward: Ward) -> None:
    """An identity of another person is noticed by its owner."""
    sign_in(ward.browser, ward.store, ward.clock)
    page = ward.browser.get("/account").text
    assert "binh@ward" in page
    assert ward.there.issuer in page
