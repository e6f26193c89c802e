"""Work that takes more than one step or more than one person, at the drill's real hub."""

from playwright.sync_api import Locator, Page

from adapters.simulation.faults import Fault, FaultKind
from hub.rules.deliveries.states import DeliveryState as S
from tests.browser.cases.causes import REGISTER, refused, unknown
from tests.browser.cases.person import Person
from tests.browser.cases.screen import act, fill_in, main, navigation, open_listed
from tests.browser.cases.ward import Ward

WITHIN = 20_000
"""Milliseconds for what the hub does meanwhile."""
GROUP = 12
"""One goes each second: a busy machine needs some of them until the order to pause is there."""


def phase(page: Page, name: str) -> Locator:
    """Return the mark that says in which phase a replay plan is."""
    return main(page).locator(f"[data-live] .mark.{name}")


def order(person: Person, verb: str, reason: str, *, pace: str = "") -> None:
    """Fill in one of a plan's forms and send it."""
    person.click(person.page.locator(f"#act-{verb} summary"))
    form = person.page.locator(f"form[action$='/{verb}']")
    person.type(form.locator("[name=reason]"), reason)
    if pace:
        person.replace(form.locator("[name=per_second]"), pace)
    person.click(form.get_by_role("button"))


def planned(person: Person) -> None:
    """Press "Plan a replay" and wait until the plan says what it would do."""
    person.click(person.page.locator("form[action='/replays'] button"))
    phase(person.page, "ready").wait_for(timeout=WITHIN)
    reload = main(person.page).locator("[data-live] .notice a")
    if reload.count():
        person.click(reload)


def test_a_group_is_replayed_by_plan_paused_cancelled_and_planned_again(at: Ward) -> None:
    """Dry run, run, pause, cancel: what was not sent stays; a second plan sends the rest, once."""
    numbers = refused(at, GROUP)
    person = at.person()
    person.click(navigation(person.page, "/failures"))
    person.click(main(person.page).locator(".items .what a").first)
    person.click(main(person.page).locator("a[href^='/selection?']").first)
    planned(person)
    assert {at.states(it)[0] for it in numbers} == {S.DEAD}
    order(person, "start", "tỉnh đã sửa", pace="1")
    order(person, "pause", "đợi tỉnh xác nhận")
    phase(person.page, "paused").wait_for(timeout=WITHIN)
    order(person, "cancel", "lập lại sau")
    phase(person.page, "cancelled").wait_for(timeout=WITHIN)
    assert S.DEAD in {at.states(it)[0] for it in numbers}
    person.click(main(person.page).locator("a[href^='/selection?']").first)
    planned(person)
    order(person, "start", "tỉnh đã xác nhận")
    phase(person.page, "finished").wait_for(timeout=WITHIN)
    for number in numbers:
        at.until_states(number, S.DELIVERED, S.DELIVERED)
        effects = at.partners.province.effects(dossier=number)
        assert [it["operation"] for it in effects].count(REGISTER[0]) == 1
    person.page.context.close()


def test_an_unknown_effect_is_taken_out_by_two_persons(at: Ward) -> None:
    """Proposed by the one, in the inbox of the other, done once; the first sees what came of it."""
    number = unknown(at, Fault(kind=FaultKind.LOST, operations=REGISTER, remaining=1))
    person, head = at.person(), at.person("head")
    open_listed(person, S.AMBIGUOUS, number)
    act(person, "#act-cancel-absent", "tỉnh chưa có, công dân rút")
    assert at.states(number)[0] == S.AMBIGUOUS
    person.click(navigation(person.page, "/approvals"))
    own = person.page.locator("section[aria-labelledby=own]")
    assert number in own.inner_text()
    assert person.page.locator("section[aria-labelledby=to-decide] details").count() == 0
    head.click(navigation(head.page, "/approvals"))
    mine = head.page.locator("section[aria-labelledby=to-decide] li").filter(has_text=number)
    head.click(mine.locator("details[id$='-approve'] > summary"))
    fill_in(head, "details[id$='-approve'][open]", "đã gọi tỉnh")
    at.until(lambda: at.states(number)[0] == S.CANCELLED, number)
    person.click(navigation(person.page, "/approvals"))
    item = own.locator("li").filter(has_text=number)
    assert "đã gọi tỉnh" in item.inner_text()
    for each in (person, head):
        each.page.context.close()


def test_a_case_is_settled_by_keyboard_alone(at: Ward) -> None:
    """Tab, Enter and letters from the overview to the settled delivery; the focus is never lost."""
    number = refused(at)[0]
    page = at.person().page
    for target in (
        ".items a[href*='state=dead'][href*='province.dossier']",
        f"tr:has-text('{number}') a[href^='/deliveries/']",
        "#act-retry > summary",
    ):
        tab_to(page, target)
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    tab_to(page, "#act-retry [name=reason]")
    page.keyboard.type("tỉnh đã sửa")
    tab_to(page, "#act-retry button")
    page.keyboard.press("Enter")
    page.locator("main .notice.good[role=status]").wait_for()
    at.until_states(number, S.DELIVERED, S.DELIVERED)
    page.context.close()


def tab_to(page: Page, target: str) -> None:
    """Press Tab until an element has the focus."""
    wanted = page.locator(target).first
    for _ in range(200):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"no way by Tab to {target}")
