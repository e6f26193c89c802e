"""Browsers at consoles, which end with their test."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response

from hub.console.sign_in.forms import fields
from hub.store.engine.store import Store
from tests.support.browser_session import BrowserSession, hidden
from tests.support.console import looking
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

Look = Callable[..., httpx.Client]


@pytest.fixture
def look() -> Iterator[Look]:
    """Open a browser at the console over a store, see `looking`."""
    with ExitStack() as stack:
        yield lambda *given, **options: stack.enter_context(looking(*given, **options))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, time: timedelta) -> None:
        """Let time pass."""
        self.at += time


@pytest.fixture
def clock() -> Clock:
    """The console's clock."""
    return Clock()


def add_a_form(app: FastAPI) -> None:
    """Add a route that a form is sent to, as pages that act have."""

    @app.post("/tried")
    def tried(form: Annotated[Mapping[str, str], Depends(fields)]) -> Response:
        return PlainTextResponse(f"done for {form['reason']}")


@pytest.fixture
def browser(sqlite_store: Store, clock: Clock) -> Iterator[BrowserSession]:
    """A browser at a console where Bình has an account."""
    add_user(sqlite_store, password=PASSWORD, now=clock())
    with ExitStack() as stack:
        opened = looking(
            sqlite_store, clock=clock, signed_in=False, code_key=lambda: CODE_KEY, more=add_a_form
        )
        yield BrowserSession(stack.enter_context(opened))


def sign_in(
    browser: BrowserSession, store: Store, clock: Clock, extra: Mapping[str, str] | None = None
) -> str:
    """Sign in; return the text of the last page, or where it leads."""
    clock.pass_by(timedelta(minutes=1))
    first = {"name": "binh", "password": PASSWORD, **(extra or {})}
    asked = browser.post("/sign-in", first)
    assert asked.status_code == 200, asked.text
    carried = {"code": code_of(store, "binh", clock()), **(extra or {})}
    done = browser.post("/sign-in/code", carried)
    return str(done.headers.get("location", done.text))


def token(browser: BrowserSession) -> str:
    """Return the token of this session's forms."""
    return hidden(browser.get("/account"), "form_token")
