"""Kiosk and display in Chromium: the line cut and back, the person before forgotten, the reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from hub.operations.counter import queue
from hub.rules.counter.plan import packaged
from tests.browser.test_pages import violations
from tests.support.counter.hall import Hall, hall, key_of, signed
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.ward import NUMBER, Ward, open_ward, reception

KIOSK: ViewportSize = {"width": 1080, "height": 1920}
DISPLAY: ViewportSize = {"width": 1920, "height": 1080}
DIGITS = "0001"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A ward with a dossier and a waiting ticket, its hall, a kiosk and a display."""
    with open_ward(tmp_path_factory.mktemp("hall")) as ward, hall(ward) as made:
        _fill(ward)
        yield made


def _fill(ward: Ward) -> None:
    ward.accept(reception())
    queue.issue(ward.store, packaged(), "A", request="r" * 16, by=signed())
    queue.call_next(ward.store, packaged(), "1", by=signed())


@contextmanager
def entered(
    chromium: Browser, hall: Hall, kind: str, *, language: str = "en", url: str = ""
) -> Iterator[Page]:
    """A window of the right size that has entered as the device's start page does."""
    url, size = url or hall.url, KIOSK if kind == "kiosk" else DISPLAY
    key = hall.keys.setdefault(kind, "") or key_of(hall.ward.store, f"{kind}-1", kind)
    hall.keys[kind] = key
    context = chromium.new_context(base_url=url, locale=language, viewport=size)
    page = context.new_page()
    page.goto("about:blank")
    form = f'<form method="post" action="{url}/enter"><input name="key" value="{key}"></form>'
    page.set_content(form)
    with page.expect_navigation():
        page.evaluate("document.forms[0].submit()")
    yield page
    context.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_kiosk_is_accessible_and_made_for_fingers(
    chromium: Browser, served: Hall, axe: str, language: str
) -> None:
    """axe-core finds nothing at 1080 x 1920; what is touched is 44 pixels at least; no scrolling
    sideways; no script or style is refused by the page's own policy."""
    with entered(chromium, served, "kiosk", language=language) as page:
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        for path in ("", "/look-up", "/procedures", "/procedures/2.000815", "/ticket", "/survey"):
            page.goto(f"/kiosk{path}")
            assert page.locator("html").get_attribute("lang") == language
            page.evaluate(axe)
            assert violations(page) == [], path
            assert page.evaluate(SMALL) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 1080
        assert told == []


SMALL = """[...document.querySelectorAll("a, button, input:not([type=hidden]):not([type=radio])")]
  .map((it) => [it.outerHTML.slice(0, 60), it.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < 44 || box.height < 44)).map(([html]) => html)"""


def test_nothing_is_left_of_the_person_before(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By touch alone to the own dossier; then nobody touches: the first page, in Vietnamese, and
    going back shows nothing."""
    with open_ward(tmp_path_factory.mktemp("idle")) as ward:
        _fill(ward)
        with (
            hall(ward, idle=timedelta(seconds=1)) as quick,
            entered(chromium, quick, "kiosk", language="vi") as page,
        ):
            page.get_by_role("link", name="English").click()
            page.get_by_role("link", name="Look up a dossier").click()
            for key in NUMBER.partition("-")[2]:
                page.locator(f'[data-key="{key}"]').click()
            page.locator("#check").click()
            for key in DIGITS:
                page.locator(f'[data-key="{key}"]').click()
            page.get_by_role("button", name="Show").click()
            page.get_by_role("heading", name=f"Dossier {NUMBER}").wait_for()
            page.get_by_role("alert").filter(has_text="goes back").wait_for()
            page.wait_for_url("**/kiosk")
            assert page.locator("html").get_attribute("lang") == "vi"
            page.go_back()
            page.wait_for_url("**/kiosk")
            assert NUMBER not in page.content()


@pytest.mark.parametrize("silent", [False, True])
def test_a_display_goes_on_with_its_last_state(
    chromium: Browser, served: Hall, silent: bool
) -> None:
    """The hub's process ends, or the line goes silent: the page says since when, and is right
    again when the hub is back. What was called meanwhile is shown then."""
    proxy = TcpProxy("127.0.0.1", served.port)
    url = f"http://127.0.0.1:{proxy.port}"
    with proxy, entered(chromium, served, "display", url=url) as page:
        stale, now = page.locator("[data-stale]"), page.locator(".called .now b")
        page.locator("[data-live]").wait_for()
        last = now.inner_text()
        if silent:
            proxy.stall()
        else:
            served.stop()
        stale.wait_for(state="visible")
        assert now.inner_text() == last
        assert "as of" in stale.inner_text()
        store, plan = served.ward.store, packaged()
        desk = "4" if silent else "3"
        queue.issue(store, plan, "R", request=f"{silent}" + "s" * 16, by=signed())
        queue.call_next(store, plan, desk, by=signed())
        if silent:
            proxy.flow()
        else:
            served.start()
        stale.wait_for(state="hidden", timeout=15_000)
        page.locator(".called .now", has_text=f"Desk {desk}").wait_for()


def test_the_display_is_accessible_and_fits_its_screen(
    chromium: Browser, served: Hall, axe: str
) -> None:
    """Nothing has to be scrolled at 1920 x 1080."""
    with entered(chromium, served, "display", language="vi") as page:
        page.evaluate(axe)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920
        assert page.evaluate("document.documentElement.scrollHeight") <= 1080
