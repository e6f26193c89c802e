"""What partners' developers read at `/docs`, in Chromium: accessible, no wider than the screen."""

from collections.abc import Iterator

import pytest
import urllib3
from playwright.sync_api import Browser

from hub.gateway.docs.pages import address
from hub.gateway.docs.routes import PAGES
from hub.texts import Language
from tests.browser.test_pages import LOOKS, Look, fits, opened, violations
from tests.support.gateway.partner_gateway import open_partner_gateway

ONCE = {"rest": "vi", "queues": "en"}
"""The longest pages, lists of one kind of part: the language in which a landing looks at each."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a gateway over an empty ward."""
    with open_partner_gateway(tmp_path_factory.mktemp("hub")) as opened_gateway:
        yield opened_gateway.url


def tried(look: Look, name: str) -> object:
    """Return a case; of the longest pages one look is enough for a landing."""
    marks = [pytest.mark.long] if ONCE.get(name, look.language) != look.language else []
    return pytest.param(look, name, marks=marks, id=f"{look}-{name}")


@pytest.mark.parametrize(("look", "name"), [tried(look, it) for look in LOOKS for it in PAGES])
def test_every_page_of_the_docs_is_accessible_and_fits(
    chromium: Browser, gateway: str, axe: str, look: Look, name: str
) -> None:
    """axe-core finds nothing of WCAG 2.2 AA, light in one language and dark in the other.

    Trap: the pages are long, and axe-core takes seconds for one look at one of them.
    """
    with opened(chromium, gateway, look.language) as page:
        page.emulate_media(color_scheme=look.scheme)
        page.goto(address(Language(look.language), name))
        assert page.locator("html").get_attribute("lang") == look.language
        assert fits(page, look.other)
        assert fits(page, look.checked_at)
        page.evaluate(axe)
        assert violations(page) == []


def test_a_page_of_the_docs_breaks_no_policy_of_its_own(chromium: Browser, gateway: str) -> None:
    """The browser reports no violation, and the first page leads to the guide."""
    page = chromium.new_context(base_url=gateway).new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto("/docs")
    assert page.locator("html").get_attribute("lang") == "vi"
    for language in Language:
        for name in PAGES:
            page.goto(address(language, name))
    assert told == []
    page.context.close()
    assert urllib3.request("GET", f"{gateway}/docs", redirect=False).status in (302, 307)
