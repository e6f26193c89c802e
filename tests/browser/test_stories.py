"""What persons do at the console, in Chromium: sign in, look while things break, act together."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Locator, Page

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import sessions
from hub.texts import both
from tests.browser.stories import Desk, desk
from tests.browser.test_pages import violations
from tests.support.services import RabbitService
from tests.support.users import PASSWORD
from tests.support.works import number

WITHIN = 30_000
"""Milliseconds for what another process has to notice."""
AFTERWARDS = timedelta(seconds=6)
"""Longer than the console keeps what the broker told."""


@pytest.fixture(scope="module")
def at(
    chromium: Browser,
    postgres_server: PrivatePostgres,
    migrated_template: str,
    rabbit: RabbitService,
) -> Iterator[Desk]:
    """One console for all stories."""
    name = f"stories_{secrets.token_hex(4)}"
    url = postgres_server.create_database(name, template=migrated_template)
    with rabbit.own_vhost() as broker_url, desk(chromium, url, rabbit, broker_url) as made:
        yield made
    postgres_server.drop_database(name)


def text_of(page: Page) -> str:
    """Return what a person reads in the main part of a page."""
    return page.locator("main").inner_text()


def audited(store: Store, action: str) -> int:
    """Return how often an act is in the audit."""
    query = sa.select(sa.func.count()).where(audit.c.action == action)
    with store.read() as tx:
        return int(tx.execute(query).scalar_one())


def pause_form(page: Page) -> Locator:
    """Return the form that pauses the town."""
    return page.locator("form[action='/queues/town_center/pause']")


def fill_pause_form(page: Page, reason: str) -> None:
    """Open the form that pauses the town, choose two hours, and type why."""
    page.goto("/queues")
    page.locator("summary", has_text="Town").click()
    form = pause_form(page)
    form.locator("[name=hours]").select_option("2")
    form.locator("[name=reason]").fill(reason)


def send_pause_form(page: Page) -> None:
    """Send it, by keyboard."""
    pause_form(page).get_by_role("button").press("Enter")


def forget_pauses(store: Store) -> None:
    """Have nothing paused, as before the story."""
    with store.write() as tx:
        pauses.end_person_pause(tx, "town_center", "")


def test_a_person_signs_in_by_keyboard_and_comes_to_the_page_that_was_asked_for(at: Desk) -> None:
    """Password, code, then the page; another browser's code does not work twice."""
    page = at.signed_in("binh", "/queues")
    page.wait_for_url("**/queues")
    assert "Trần Thị Bình" in page.locator("header").inner_text()
    page.context.close()


@pytest.mark.parametrize(("language", "width"), [("vi", 360), ("en", 1920)])
def test_the_pages_of_the_sign_in_are_accessible(
    at: Desk, axe: str, language: str, width: int
) -> None:
    """Name, code, and the own account; axe-core finds nothing, nothing is wider than the screen."""
    context = at.chromium.new_context(
        base_url=at.url, locale=language, viewport={"width": width, "height": 800}
    )
    page = context.new_page()

    def check(where: str) -> None:
        page.evaluate(axe)
        assert violations(page) == [], where
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where

    page.goto("/")
    check("name")
    page.locator("#name").fill("an")
    page.locator("#password").fill("wrong words for sure")
    page.keyboard.press("Enter")
    page.locator("[role=alert]").wait_for()
    check("refused")
    page.locator("#name").fill("an")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    check("code")
    page.locator("#code").fill(at.code("an"))
    page.keyboard.press("Enter")
    page.locator("#code").wait_for(state="detached")
    for path in ("/account", "/queues"):
        page.goto(path)
        check(path)
    context.close()


def test_a_stuck_dossier_is_found_and_says_why_it_stands(at: Desk) -> None:
    """By its number alone, from the page on which the person is."""
    page = at.signed_in("binh", "/search")
    page.keyboard.press("/")
    page.locator("input:focus").wait_for()
    page.keyboard.type(number(1))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dossiers/{number(1)}")
    assert "Waits until the earlier delivery of the dossier" in text_of(page)
    page.context.close()


def test_a_lost_database_is_told_while_a_person_looks_and_taken_back(at: Desk) -> None:
    """The overview keeps what it had, says since when, and is right again after."""
    page = at.signed_in("binh")
    notice = page.locator("[data-stale-notice]")
    assert notice.is_hidden()
    with at.to_database.blocked():
        notice.wait_for(state="visible", timeout=WITHIN)
        assert "as of" in notice.inner_text()
        assert "province.dossier" in text_of(page)
        page.goto("/search")
        assert "database" in text_of(page)
        page.go_back()
    page.goto("/")
    notice.wait_for(state="hidden", timeout=WITHIN)
    assert "province.dossier" in text_of(page)
    page.context.close()


def test_a_lost_broker_is_told_and_the_rest_of_the_page_stays(at: Desk) -> None:
    """With the time; when it is back, the figures are."""
    page = at.signed_in("binh", "/queues")
    with at.to_broker.blocked():
        at.clock.by += AFTERWARDS
        page.reload()
        assert "RabbitMQ did not answer at" in text_of(page)
        assert "Sent to: " in text_of(page)
    at.clock.by += AFTERWARDS
    page.reload()
    assert "RabbitMQ did not answer at" not in text_of(page)
    page.context.close()


def test_what_was_typed_when_the_session_ended_is_sent_after_the_sign_in(at: Desk) -> None:
    """Nothing of the form is lost, and nothing was done before the person sent it again."""
    page = at.signed_in("binh", "/queues")
    fill_pause_form(page, "the town moves its servers")
    with at.store.write() as tx:
        sessions.end_all(tx, "binh")
    send_pause_form(page)
    page.locator("#name").wait_for()
    assert audited(at.store, "partner.pause") == 0
    at.sign_in(page, "binh")
    page.get_by_role("button", name=both("sign_in.show_typed").en).click()
    assert "the town moves its servers" in text_of(page)
    page.get_by_role("button", name=both("sign_in.send_again").en).click()
    page.wait_for_url("**/queues?done=*")
    assert "the town moves its servers" in text_of(page)
    assert audited(at.store, "partner.pause") == 1
    forget_pauses(at.store)
    page.context.close()


def test_two_persons_at_one_form_are_told_of_each_other(at: Desk) -> None:
    """The second gets who did what, not a second effect."""
    first, second = at.signed_in("binh", "/queues"), at.signed_in("an", "/queues")
    before = audited(at.store, "partner.pause")
    fill_pause_form(first, "agreed by telephone")
    fill_pause_form(second, "seen in the bulletin")
    at.clock.by += AFTERWARDS
    send_pause_form(first)
    first.wait_for_url("**/queues?done=*")
    first.get_by_text("agreed by telephone").wait_for()
    send_pause_form(second)
    second.get_by_role("alert").wait_for()
    assert both("forms.not_done").en in text_of(second)
    assert "account binh" in text_of(second)
    assert "agreed by telephone" in text_of(second)
    assert pause_form(second).locator("[name=reason]").input_value() == "seen in the bulletin"
    assert audited(at.store, "partner.pause") == before + 1
    forget_pauses(at.store)
    for page in (first, second):
        page.context.close()


def test_an_unknown_effect_is_settled_by_what_a_person_saw(at: Desk) -> None:
    """From the overview: the item, its delivery, the form, what came of it."""
    page = at.signed_in("binh")
    page.goto("/search?state=ambiguous")
    page.locator("main a[href^='/deliveries/']").first.click()
    page.locator("#act-resolve summary").click()
    form = page.locator("#act-resolve form")
    form.locator("[name=found][value=delivered]").check()
    form.locator("[name=reason]").fill("seen on the province's screen")
    form.get_by_role("button").click()
    page.wait_for_url("**/deliveries/*?done=*")
    assert "the partner has delivery" in text_of(page)
    assert page.locator("#act-resolve").count() == 0
    page.context.close()


def test_two_persons_at_one_case_settle_it_once(at: Desk) -> None:
    """The second sees what the first did, and what was typed is not lost."""
    first = at.signed_in("binh", f"/dossiers/{number(2)}")
    address = first.locator("main a[href^='/deliveries/']").first.get_attribute("href") or ""
    second = at.signed_in("an", address)
    first.goto(address)
    for page, reason in ((first, "brought there on paper"), (second, "brought it myself")):
        page.locator("#act-by-hand summary").click()
        page.locator("#act-by-hand [name=reason]").fill(reason)
    for page in (first, second):
        page.locator("#act-by-hand").get_by_role("button").click()
        page.locator("main .notice:not([hidden])").first.wait_for()
    assert both("forms.not_done").en in text_of(second)
    assert "account binh" in text_of(second)
    assert "brought it myself" in text_of(second)
    assert audited(at.store, "delivery.by_hand") == 1
    for page in (first, second):
        page.context.close()


def test_a_double_click_does_one_thing(at: Desk) -> None:
    """Also where both clicks reach the hub."""
    page = at.signed_in("binh", "/queues")
    before = audited(at.store, "partner.pause")
    fill_pause_form(page, "clicked twice")
    at.clock.by += AFTERWARDS
    pause_form(page).get_by_role("button").dblclick()
    page.wait_for_url("**/queues?done=*")
    assert audited(at.store, "partner.pause") == before + 1
    forget_pauses(at.store)
    page.context.close()


def test_the_language_is_switched_and_stays_with_the_person(at: Desk) -> None:
    """One click on any page; the next page is in it, too."""
    page = at.signed_in("binh", "/queues")
    page.get_by_role("link", name="Tiếng Việt").click()
    page.wait_for_url("**/queues")
    assert page.get_by_role("heading", name=both("console.nav_queues").vi, exact=True).count() == 1
    page.goto("/search")
    assert page.locator("html").get_attribute("lang") == "vi"
    page.context.close()
