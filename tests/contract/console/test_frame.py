"""What all pages of the console share: a visitor is demanded, errors are told plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from hub.console.app import create_app
from hub.console.frame.rendering import OWN_FILES
from hub.console.frame.visitor import visitor
from hub.console.parts import Parts
from hub.console.sign_in import routes
from hub.store.engine.store import Store
from hub.web.language import own_path
from tests.contract.console.conftest import Look
from tests.support.works import now

OPEN = {"/language/{language}", *routes.OPEN, *map(OWN_FILES.address, OWN_FILES.files)}
"""What a stranger may fetch: no data is in it."""


def all_of(dependant: Dependant) -> Iterator[Dependant]:
    """Yield what a route depends on, and what that depends on: a posted form has its visitor."""
    for each in dependant.dependencies:
        yield each
        yield from all_of(each)


def test_every_page_demands_a_visitor(sqlite_store: Store) -> None:
    """A new route cannot forget it: all routes of the application are asked for."""
    app = create_app(Parts(store=sqlite_store, clock=now, destinations=()))
    routes = [it for it in app.routes if isinstance(it, APIRoute)]
    unguarded = {
        route.path for route in routes if visitor not in [it.call for it in all_of(route.dependant)]
    }
    assert len(routes) > len(OPEN)
    assert unguarded == OPEN


@pytest.mark.parametrize("path", ["/", "/live/overview/hour"])
def test_a_stranger_sees_a_page_without_data(look: Look, sqlite_store: Store, path: str) -> None:
    """In Vietnamese unless the browser asks for English, and with a status that says why."""
    answer = look(sqlite_store, signed_in=False, language="fr").get(path)
    assert answer.status_code == 401
    assert "Chưa đăng nhập" in answer.text
    assert "Not signed in" in look(sqlite_store, signed_in=False).get(path).text


def test_an_unknown_address_is_a_plain_page(look: Look, sqlite_store: Store) -> None:
    """Without the path in it, which a stranger chose."""
    answer = look(sqlite_store).get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "There is no such thing, or it is outside of your scope." in answer.text
    assert "alert(1)</script>" not in answer.text


def test_every_answer_forbids_what_comes_from_outside(look: Look, sqlite_store: Store) -> None:
    """Also error pages and files."""
    browser = look(sqlite_store)
    for path in ("/", "/nothing", "/language/xx", OWN_FILES.address("console.css")):
        policy = browser.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy


def test_a_page_has_no_inline_script_or_style(look: Look, sqlite_store: Store) -> None:
    """The policy forbids both: they would not work."""
    page = look(sqlite_store).get("/").text
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/') == 2
    assert 'href="http' not in page


def test_the_language_is_switched_and_the_page_is_the_same(look: Look, sqlite_store: Store) -> None:
    """By a cookie, without a script."""
    browser = look(sqlite_store)
    assert "Nothing needs a person now." in browser.get("/").text
    answer = browser.get("/language/vi", params={"back": "/?a=b"}, follow_redirects=False)
    assert answer.headers["location"] == "/?a=b"
    assert "Không có việc gì cần người xử lý lúc này." in browser.get("/").text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:x",
        "/\t/evil.example",
    ],
)
def test_the_switch_leads_nowhere_else(elsewhere: str) -> None:
    """A link to the console must not hand a person on to another site."""
    assert own_path(elsewhere) == "/"


def test_a_value_that_cannot_be_used_is_told_so(look: Look, sqlite_store: Store) -> None:
    """422, without the names of classes."""
    answer = look(sqlite_store).get("/language/klingon")
    assert answer.status_code == 422
    assert "Go back, correct the value" in answer.text


def test_a_lost_database_is_a_page_that_says_so(
    look: Look, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with the time, and nothing of the database's words."""
    browser = look(sqlite_store)

    @contextmanager
    def away(**_: object) -> Iterator[None]:
        yield from ()
        raise sa.exc.TimeoutError("secret words")

    monkeypatch.setattr(sqlite_store, "read", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert "secret" not in answer.text


def test_a_fault_of_a_page_is_no_traceback(
    look: Look, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500, and the hub works on."""
    browser = look(sqlite_store)

    def broken(**_: object) -> None:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(sqlite_store, "read", broken)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers


def test_own_files_are_kept_by_a_browser_until_they_change(look: Look, sqlite_store: Store) -> None:
    """Their address has their hash; the script stays below eight kilobytes."""
    browser = look(sqlite_store)
    for name in OWN_FILES.files:
        answer = browser.get(OWN_FILES.address(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert len(browser.get(OWN_FILES.address("console.js")).content) < 8000
