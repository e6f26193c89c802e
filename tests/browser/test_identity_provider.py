"""A sign-in by the certified npm package `oidc-provider`, in Chromium: nobody here wrote that.

The hub reaches it as a ward does: by a proxy, with a certificate of a private authority.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from hub.bootstrap.access.identities import make_identities
from hub.console.links import PROVIDER_DONE, SIGN_IN
from hub.drill.sandbox import loopback
from hub.operations.signed_by import SignedBy
from hub.operations.users import access
from hub.preflight.services.identity_provider import identity_provider
from hub.settings import Settings
from hub.store.engine.store import Store
from tests.foreign.programs import PARTNERS, node, npm_package
from tests.support.console import looking
from tests.support.database.stores import empty_store
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import http_proxy
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

SUBJECT = "binh@ward"


@contextmanager
def running(console: str, secret: str, pair: Pair) -> Iterator[str]:
    """Run the provider; give its address. `console`: address of the hub's pages."""
    told = {
        "PATH": os.environ.get("PATH", ""),
        "NODE_PATH": npm_package("oidc-provider"),
        "CLIENT_SECRET": secret,
        "REDIRECT_URI": console + PROVIDER_DONE,
        "SIGNED_OUT_URI": console + SIGN_IN,
        "CERTIFICATE": str(pair.certificate),
        "KEY": str(pair.key),
    }
    program = [node(), str(PARTNERS / "identity-provider.cjs")]
    with subprocess.Popen(
        program, env=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            # It ends before it says anything, or says where it is: a line comes in any case.
            issuer = next((it.strip() for it in process.stdout if it.startswith("https://")), "")
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


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A hub that knows a running provider, by a proxy and a private authority."""
    console, secret = f"http://127.0.0.1:{loopback.free_port()}", secrets.token_urlsafe(24)
    authority = Authority(tmp_path / "authority")
    with running(console, secret, authority.pair("provider")) as issuer, http_proxy() as proxy:
        yield Settings(
            oidc_issuer=issuer,
            oidc_client_id="hub",
            oidc_client_secret=secret,
            oidc_ca_file=str(authority.root),
            oidc_proxy=proxy.url,
            oidc_sign_out="on",
            console_url=console,
        )
        assert proxy.requests
        assert all(it.startswith(b"CONNECT 127.0.0.1:") for it in proxy.requests)


@pytest.fixture
def page(chromium: Browser, store: Store, settings: Settings) -> Iterator[Page]:
    """A browser at the console of that hub; the provider's certificate is no concern of it."""
    with looking(
        store,
        signed_in=False,
        port=urlsplit(settings.console_url).port or 0,
        code_key=lambda: CODE_KEY,
        oidc_issuer=settings.oidc_issuer,
        identities=make_identities(settings, clock=now),
    ):
        context = chromium.new_context(
            base_url=settings.console_url, locale="en", ignore_https_errors=True
        )
        made = context.new_page()
        made.route("**/*", only_this_machine)
        yield made
        context.close()


def test_a_person_signs_in_by_the_provider_and_the_code_and_signs_out_there(
    page: Page, store: Store, settings: Settings
) -> None:
    """First the identity is unknown, then it is linked, then the code opens the page wanted.

    The doctor finds the same provider well. After the sign-out there it asks for the name again.
    """
    found = {it.subject: it.ok for it in identity_provider(settings)}
    plain = {"identity provider address": False}
    assert found == {"identity provider": True, "identity provider clock": True} | plain
    button = page.get_by_role("link", name="Sign in by the identity provider")
    page.goto("/search?state=dead")
    button.click()
    sign_in_at_provider(page)
    page.get_by_text(f"The provider calls you: {SUBJECT}").wait_for()
    by: SignedBy = {"actor": "Lê Văn An", "reason": "a test", "now": now()}
    access.link(store, "binh", issuer=settings.oidc_issuer, subject=SUBJECT, own="", by=by)
    page.goto("/search?state=dead")
    button.click()  # the provider remembers the person and the consent
    page.wait_for_url("**/sign-in/code?*")
    page.locator("#code").fill(code_of(store, "binh", now()))
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?state=dead")
    assert page.get_by_text("Trần Thị Bình").count() == 1
    page.goto("/account")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out at the identity provider, too").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(settings.console_url + SIGN_IN)
    button.click()
    page.locator("[name=login]").wait_for()
