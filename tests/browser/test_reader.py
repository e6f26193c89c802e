"""A barcode reader that types, in real Chromium: in any focus, at its speed, through Telex."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.reader_keys import PERSON, type_keys, type_through_telex
from tests.browser.test_hall import entered
from tests.support.counter.hall import Hall, hall
from tests.support.ward import NUMBER, open_ward
from tests.support.works import number

LISTEN = """window.codes = [];
for (const name of ["hub:code", "hub:no-code"]) document.addEventListener(name, (event) => {
  event.preventDefault(); window.codes.push([name, event.detail]);
});"""


@pytest.fixture(scope="module")
def searching(chromium: Browser, console: str) -> Iterator[Page]:
    """The console's search, which keeps what the reader reads instead of opening it."""
    page = chromium.new_context(base_url=console, locale="en").new_page()
    yield page
    page.context.close()


@pytest.fixture
def page(searching: Page) -> Page:
    """The search anew; a code of another test is not one that was read just now."""
    searching.goto("/search")
    searching.evaluate(LISTEN)
    return searching


def codes(page: Page) -> list[list[str]]:
    """Return what was announced."""
    found: list[list[str]] = page.evaluate("window.codes")
    return found


def test_what_the_reader_types_into_a_field_is_removed(page: Page) -> None:
    """The field has what the person had typed, and its form is not sent."""
    box = page.locator("input[type=search]")
    box.fill("Nguyễn")
    box.focus()
    type_keys(page, number(1))
    assert codes(page) == [["hub:code", number(1)]]
    assert box.input_value() == "Nguyễn"
    assert page.url.endswith("/search")


def test_a_person_s_typing_stays(page: Page) -> None:
    """Also a whole number with Enter: the search is made as without the script."""
    page.locator("input[type=search]").focus()
    type_keys(page, number(2), gap=PERSON, suffix="")
    assert page.locator("input[type=search]").input_value() == number(2)
    assert codes(page) == []


def test_telex_does_not_change_a_code(page: Page) -> None:
    """Keys are read by their place; what the input method has composed is removed."""
    box = page.locator("input[type=search]")
    box.fill("")
    box.focus()
    type_through_telex(page, "000.99.01.WAA-180806-0001", composed="000.99.01.ưâ-180806-0001")
    assert codes(page) == [["hub:code", "000.99.01.WAA-180806-0001"]]
    expect(box).to_have_value("")


def test_the_same_code_twice_is_one_reading(page: Page) -> None:
    """A trembling hand; the QR code of a paper is the dossier's number."""
    qr = f"HS1:{number(3)}:TP03-BC:0A1B2C"
    for _ in range(2):
        type_keys(page, qr)
    assert codes(page) == [["hub:code", number(3)]]


def test_a_foreign_code_opens_nothing(page: Page) -> None:
    """A book's: the page says that it is none, and what it typed is removed."""
    page.locator("input[type=search]").focus()
    type_keys(page, "9786041234567")
    assert codes(page) == [["hub:no-code", ""]]
    assert page.locator("[data-reader-notice]").is_visible()
    assert page.locator("input[type=search]").input_value() == ""


def test_a_pause_between_keys_is_no_reader(page: Page) -> None:
    """Two keys that a person happens to press at once are not taken away."""
    page.locator("input[type=search]").focus()
    type_keys(page, "12", suffix="")
    type_keys(page, "3456789", gap=timedelta(milliseconds=31), suffix="")
    assert page.locator("input[type=search]").input_value() == "123456789"
    assert codes(page) == []


def test_half_a_code_is_none(page: Page) -> None:
    """Its end alone has the shape of another number. In a field all of it counts as typed."""
    page.locator("input[type=search]").blur()
    type_keys(page, number(1), falters_at=5)
    assert codes(page) == [["hub:no-code", ""]]
    page.locator("input[type=search]").focus()
    type_keys(page, number(1), falters_at=5)
    page.wait_for_url(f"**/dossiers/{number(1)}")


def test_a_reader_opens_the_dossier_from_any_page(chromium: Browser, console: str) -> None:
    """Without a click before."""
    tab = chromium.new_context(base_url=console, locale="en").new_page()
    tab.goto("/devices")
    type_keys(tab, number(1))
    tab.wait_for_url(f"**/dossiers/{number(1)}")
    tab.context.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall."""
    with open_ward(tmp_path_factory.mktemp("reader")) as ward, hall(ward) as made:
        yield made


def test_a_receipt_under_the_kiosk_s_reader_fills_the_number(
    chromium: Browser, served: Hall
) -> None:
    """From its first page; the person types only the digits."""
    with entered(chromium, served, "kiosk") as tab:
        type_keys(tab, NUMBER)
        tab.wait_for_url("**/kiosk/look-up")
        assert tab.locator("#number").input_value() == NUMBER
        assert tab.evaluate("document.activeElement.id") == "check"
