"""Places on the console's pages, and the ways of a person that several stories have."""

from playwright.sync_api import Locator, Page

from tests.browser.cases.person import Person


def main(page: Page) -> Locator:
    """Return what a page is about, without its head."""
    return page.locator("main")


def navigation(page: Page, path: str) -> Locator:
    """Return a link of the navigation."""
    return page.locator(f"header nav a[href='{path}']")


def fill_in(person: Person, act: str, reason: str) -> None:
    """Type the reason of an act that is unfolded, and send it."""
    form = person.page.locator(f"{act} form")
    person.type(form.locator("[name=reason]"), reason)
    person.click(form.get_by_role("button"))


def act(person: Person, act: str, reason: str) -> None:
    """Unfold an act, type the reason, send it; the page then says what came of it."""
    person.click(person.page.locator(f"{act} > summary"))
    fill_in(person, act, reason)
    person.page.locator("main .notice.good[role=status]").wait_for()


def open_listed(person: Person, state: str, number: str) -> None:
    """Go from the overview's item by the list of its deliveries to the delivery of a dossier."""
    listed = f".items a[href*='state={state}'][href*='province.dossier']"
    person.click(main(person.page).locator(listed).first)
    row = person.page.get_by_role("row").filter(has_text=number)
    person.click(row.locator("a[href^='/deliveries/']"))
