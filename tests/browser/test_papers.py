"""What is printed: pages that Chromium makes of the console's papers."""

import io
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Browser, Page

from hub.store.engine.store import Store
from tests.support.console import looking, sending
from tests.support.database.stores import empty_store
from tests.support.dossiers.slips import add_dossier, hand_over
from tests.support.works import number, record

A4 = (595, 842)
"""Points."""
HAND_OVERS = 16


@pytest.fixture
def whole_way(tmp_path: Path) -> Store:
    """A dossier as it comes to its end: its hand-overs, with a night of attempts among them."""
    store = empty_store(tmp_path / "hub.db")
    with store.write() as tx:
        add_dossier(tx)
        sending(tx, record(1, 1))
        hand_over(tx, *["transient"] * 40)
        for n in range(HAND_OVERS):
            hand_over(tx, "delivered", receipt=f"7c6eb074ead4eab83b6a0502b933c{n:03d}")
    return store


def sheets(page: Page) -> list[tuple[int, int]]:
    """Return the sizes of the pages that the browser prints."""
    with pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True))) as printed:
        return [(round(it.mediabox[2]), round(it.mediabox[3])) for it in printed.pages]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_control_slip_is_one_a4(chromium: Browser, whole_way: Store, language: str) -> None:
    """Without what is for the screen, dark on white, also for who reads dark pages."""
    with looking(whole_way, language=language) as client:
        context = chromium.new_context(
            base_url=str(client.base_url), locale=language, color_scheme="dark"
        )
        page = context.new_page()
        page.goto(f"/dossiers/{number(1)}/slip")
        assert page.locator("tbody tr").count() == HAND_OVERS + 1
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in ("header.top", "[data-print]", "form", "footer"):
            assert page.locator(hidden).first.is_hidden()
        for shown in (".signatures", "svg.barcode", "h1"):
            assert page.locator(shown).first.is_visible()
        colour = page.evaluate("getComputedStyle(document.body).color")
        assert colour == "rgb(27, 31, 36)"
        assert sheets(page) == [A4]
        context.close()
    whole_way.close()


def test_a_protocol_of_a_comparison_prints_its_signatures(chromium: Browser, console: str) -> None:
    """On A4, without navigation and forms."""
    context = chromium.new_context(base_url=console, locale="vi")
    page = context.new_page()
    page.goto("/comparisons/1")
    page.emulate_media(media="print")
    assert page.locator("header.top").is_hidden()
    assert page.locator(".signatures p").count() == 3
    assert page.locator(".signatures").is_visible()
    assert sheets(page) == [A4]
    context.close()
