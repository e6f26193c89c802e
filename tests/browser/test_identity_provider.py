"""A sign-in by the certified npm package `oidc-provider`, in Chromium: nobody here wrote that."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from adapters.identities.calls import Calls
from adapters.identities.provider import OidcProvider, Registration
from hub.console.sign_in.by_provider import DONE
from hub.drill.sandbox import loopback
from hub.operations.signed_by import SignedBy
from hub.operations.users import access
from hub.store.engine.store import Store
from tests.foreign.programs import PARTNERS, node, npm_package
from tests.support.console import looking
from tests.support.database.stores import empty_store
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

SUBJECT = "binh@ward"


@contextmanager
def running(redirect_uri: str, secret: str) -> Iterator[str]:
    """Run the provider; give its address."""
    told = {
        "PATH": os.environ.get("PATH", ""),
        "NODE_PATH": npm_package("oidc-provider"),
        "CLIENT_SECRET": secret,
        "REDIRECT_URI": redirect_uri,
    }
    program = [node(), str(PARTNERS / "identity-provider.cjs")]
    with subprocess.Popen(
        program, env=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            # It ends before it says anything, or says where it is: a line comes in any case.
            issuer = next((it.strip() for it in process.stdout if it.startswith("http://")), "")
            assert issuer, "the provider did not start"
            yield issuer
        finally:
            process.kill()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in which Bình has an account."""
    made = empty_store(tmp_path / "hub.db")
    add_user(made, "binh", password=PASSWORD, now=now())
    yield made
    made.close()


def only_this_machine(route: Route) -> None:
    """Let nothing out: the provider's own pages ask for a font."""
    if "127.0.0.1" in route.request.url:
        route.continue_()
    else:
        route.abort()


def sign_in_at_provider(page: Page) -> None:
    """Type a name into the provider's own pages, and consent."""
    page.locator("[name=login]").fill(SUBJECT)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_person_signs_in_by_the_provider_and_the_code(chromium: Browser, store: Store) -> None:
    """First the identity is unknown, then it is linked, then the code opens the page wanted."""
    port, secret = loopback.free_port(), secrets.token_urlsafe(24)
    redirect_uri = f"http://127.0.0.1:{port}{DONE}"
    with running(redirect_uri, secret) as issuer:
        registration = Registration(
            issuer=issuer, client_id="hub", secret=lambda: secret, redirect_uri=redirect_uri
        )
        provider = OidcProvider(registration, Calls(proxy="off"), clock=now)
        with looking(
            store,
            signed_in=False,
            port=port,
            code_key=lambda: CODE_KEY,
            oidc_issuer=issuer,
            identities=provider,
        ):
            context = chromium.new_context(base_url=f"http://127.0.0.1:{port}", locale="en")
            page = context.new_page()
            page.route("**/*", only_this_machine)
            page.goto("/search?state=dead")
            page.get_by_role("link", name="Sign in by the identity provider").click()
            sign_in_at_provider(page)
            page.get_by_text(f"The provider calls you: {SUBJECT}").wait_for()
            by: SignedBy = {"actor": "Lê Văn An", "reason": "a test", "now": now()}
            access.link(store, "binh", issuer=issuer, subject=SUBJECT, own="", by=by)
            page.goto("/search?state=dead")
            # The provider remembers the person and the consent.
            page.get_by_role("link", name="Sign in by the identity provider").click()
            page.wait_for_url("**/sign-in/code?*")
            page.locator("#code").fill(code_of(store, "binh", now()))
            page.keyboard.press("Enter")
            page.wait_for_url("**/search?state=dead")
            assert page.get_by_text("Trần Thị Bình").count() == 1
            context.close()
