"""Every page in Chromium: accessible, no wider than the screen, used by keyboard, alive."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page

from hub.console.app import create_app
from hub.console.frame.rendering import NAVIGATION
from hub.console.parts import Parts
from hub.store.engine.store import Store
from hub.texts import both
from tests.browser.conftest import PARKED
from tests.support.works import now, number

OF_A_KIND = {
    "/dossiers/{number:path}": f"/dossiers/{number(1)}",
    "/dossiers/{number:path}/slip": f"/dossiers/{number(1)}/slip",
    "/deliveries/{id}": "/deliveries/1",
    "/replays/{number}": "/replays/1",
    "/deliveries/{id}/correct": "/deliveries/1/correct",
    "/tasks/{number}": "/tasks/1",
    "/comparisons/{number}": "/comparisons/1",
    "/approvals/{number}/messages": "/approvals/2/messages",
    "/incidents/{number}": "/incidents/1",
    "/signals/{name}": "/signals/disk_free",
    "/faults/{code}": "/faults/partner_refused",
    "/accounts/{name}": "/accounts/an",
    "/desks/{name}": "/desks/1",
    "/devices/{name}": "/devices/may-quet",
}
"""For each route with a parameter a page of the cases."""
GROUP = "partner=provincial&operation=province.dossier&fault=partner_refused"
SPECIAL = (
    "/search?q=0-zzz&state=dead",
    "/search?q=zzz",
    "/dossiers/none",
    f"/failures/group?{GROUP}",
    f"/selection?state=dead&{GROUP}&up_to=9",
    "/parked?type=province.dossier&code=dossier_unknown",
    f"/parked/message?id={PARKED}",
)
"""Nothing found, no such page, pages of a selection and of parked messages."""
NO_PAGE = ("/live/", "/static/", "/language/", "/search.csv", "/audit.csv", "/selection.csv")
PICTURE = "/devices/{name}/pictures/{file}"
BEHIND_ACCOUNTS = ("/sign-in/",)
"""Pages of the steps of a sign-in, which these cases do not take."""
MANAGED = ("/accounts", "/accounts/{name}", "/sign-in")
"""Pages that only a person who manages accounts sees, and one with a button of a provider."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at."""

    language: str
    scheme: Literal["light", "dark"]
    checked_at: int
    """The width, in pixels, at which axe-core looks."""
    other: int
    """Another one that the page has to fit, too."""

    def __str__(self) -> str:
        return f"{self.language}-{self.scheme}-{self.checked_at}"


LOOKS = (Look("vi", "light", 1920, 360), Look("en", "dark", 360, 1920))
"""Each language, each colour scheme and each width once: what a landing is tried against."""
MORE_LOOKS = (
    Look("vi", "dark", 360, 1920),
    Look("en", "light", 360, 1920),
    Look("en", "dark", 1920, 360),
)
"""With these each two of them together, in the long proofs."""
CHECKED = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Of what is in order nothing is told: on a long page that takes longer than finding it.
    "resultTypes": ["violations"],
    "selectors": False,
}


@pytest.fixture(scope="session")
def pages(cases: Store, managing: str) -> list[str]:
    """The addresses of the console's pages, by its routes; a new one is looked at, too."""
    app = create_app(Parts(store=cases, clock=now, destinations=()))
    routes = [it for it in app.routes if isinstance(it, APIRoute) and "GET" in (it.methods or ())]
    others = (*NO_PAGE, *BEHIND_ACCOUNTS, PICTURE)
    paths = [it.path for it in routes if not it.path.startswith(others)]
    assert {place for place, _ in NAVIGATION} <= set(paths)
    assert set(OF_A_KIND) <= set(paths)
    lacking = [path for path in paths if "{" in path and path not in OF_A_KIND]
    assert lacking == [], "OF_A_KIND needs a page of the cases for each"
    managed = [f"{managing}{OF_A_KIND.get(path, path)}" for path in MANAGED]
    seen = (OF_A_KIND.get(path, path) for path in paths if path not in MANAGED)
    return [*seen, *managed, *SPECIAL]


@contextmanager
def opened(chromium: Browser, console: str, language: str) -> Iterator[Page]:
    """An empty tab of a browser in a language."""
    context = chromium.new_context(base_url=console, locale=language)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds on a page that has it."""
    found = page.evaluate("options => axe.run(document, options)", CHECKED)
    return [(it["id"], [node["html"] for node in it["nodes"]]) for it in found["violations"]]


def fits(page: Page, width: int) -> bool:
    """Return whether nothing has to be scrolled sideways at a width."""
    page.set_viewport_size({"width": width, "height": 800})
    needed: int = page.evaluate("document.documentElement.scrollWidth")
    return needed <= width


@pytest.mark.parametrize(
    "look", [*LOOKS, *(pytest.param(it, marks=pytest.mark.long) for it in MORE_LOOKS)], ids=str
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, console: str, axe: str, pages: list[str], look: Look
) -> None:
    """axe-core finds nothing of WCAG 2.2 AA, light and dark, narrow and wide."""
    with opened(chromium, console, look.language) as page:
        page.emulate_media(color_scheme=look.scheme)
        for path in pages:
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == look.language
            assert fits(page, look.other), (path, look.other)
            assert fits(page, look.checked_at), (path, look.checked_at)
            # By the debugger's protocol, which the page's policy does not concern.
            page.evaluate(axe)
            assert violations(page) == [], path


def test_a_page_breaks_no_policy_of_its_own(
    chromium: Browser, console: str, pages: list[str]
) -> None:
    """The browser reports no violation and no error of a script on any page."""
    page = chromium.new_context(base_url=console).new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    for path in pages:
        page.goto(path)
    # A page that is not there, and one of a selection that the address does not name.
    assert [it for it in told if "404" not in it and "422" not in it] == []
    page.context.close()


def test_a_stuck_dossier_is_found_by_keyboard_alone(chromium: Browser, console: str) -> None:
    """Slash, number, Enter: the page of the dossier says why it stands."""
    page = chromium.new_context(base_url=console, locale="en").new_page()
    page.goto("/search")
    page.keyboard.press("/")
    page.locator("input:focus").wait_for()
    page.keyboard.type(number(1))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dossiers/{number(1)}")
    assert page.get_by_text("Waits until the earlier delivery of the dossier").count() == 1
    page.context.close()


def test_the_first_tab_stop_leads_to_the_content(chromium: Browser, console: str) -> None:
    """A person without a mouse need not walk through the navigation."""
    page = chromium.new_context(base_url=console, locale="vi").new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == both("console.skip").vi
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_an_overview_that_lost_its_line_says_so(chromium: Browser, console: str) -> None:
    """And takes the notice away when the line is back."""
    page = chromium.new_context(base_url=console, locale="en").new_page()
    page.goto("/")
    notice = page.locator("[data-stale-notice]")
    assert notice.is_hidden()
    page.evaluate("document.querySelector('[data-live]').dataset.at = '14:05:00'")
    page.route("**/live/**", lambda route: route.abort())
    page.reload()
    notice.wait_for(state="visible")
    assert "as of" in notice.inner_text()
    page.unroute("**/live/**")
    notice.wait_for(state="hidden")
    page.context.close()


def test_the_language_is_switched_on_the_page(chromium: Browser, console: str) -> None:
    """One click, the same page."""
    page = chromium.new_context(base_url=console, locale="vi").new_page()
    page.goto(f"/dossiers/{number(1)}")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith(f"/dossiers/{number(1)}")
    assert page.get_by_role("heading", name=f"Dossier {number(1)}").count() == 1
    page.context.close()
