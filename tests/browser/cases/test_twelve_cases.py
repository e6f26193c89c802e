"""The twelve cases of docs/runbook/cases.md, each settled by mouse in less than a minute.

A story begins at the overview with the person signed in. After that the person clicks and types
into fields, and no address. A case is settled where the hub itself and the partner say so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from adapters.simulation.faults import Fault, FaultKind
from hub.messages.queues import DEAD, INGEST
from hub.rules.deliveries.states import DeliveryState as S
from tests.browser.cases.causes import REGISTER, login_refused, refused, refuses, unknown
from tests.browser.cases.person import Person
from tests.browser.cases.screen import act, fill_in, main, navigation, open_listed
from tests.browser.cases.settled import Settled, keep
from tests.browser.cases.ward import Ward

K = FaultKind
PAGE = Path(__file__).parents[3] / "docs/runbook/cases.md"
MINUTE = 60
"""Seconds of the keystroke-level model."""


@contextmanager
def case(number: int, name: str, *persons: Person) -> Iterator[None]:
    """Tell what the persons of a case did; hold them to a minute, and the page to its figures."""
    begun = time.monotonic()
    yield
    told = Settled.of(name, persons, wall=timedelta(seconds=time.monotonic() - begun))
    keep(told)
    for person in persons:
        person.page.context.close()
    assert told.seconds < MINUTE, told
    assert f"| {number} | {told.row} |" in PAGE.read_text(encoding="utf-8"), told


def test_a_dossier_that_does_not_move_is_sent_again(at: Ward) -> None:
    """Found by its number: the page says what it waits for, and the follower goes out, too."""
    number = refused(at)[0]
    person = at.person()
    with case(1, "stuck", person):
        person.click(navigation(person.page, "/search"))
        person.type(person.page.locator("#q"), number)
        person.click(person.page.locator("form[role=search] button"))
        person.click(main(person.page).locator("tr a[href^='/deliveries/']").first)
        act(person, "#act-retry", "tỉnh đã mở thủ tục")
        at.until_states(number, S.DELIVERED, S.DELIVERED)


def test_an_unknown_effect_is_settled_by_what_a_person_saw(at: Ward) -> None:
    """The partner's screen has it: nothing is sent twice."""
    number = unknown(at, Fault(kind=K.DROP_AFTER_ACCEPT, operations=REGISTER, remaining=1))
    person = at.person()
    with case(2, "ambiguous", person):
        open_listed(person, S.AMBIGUOUS, number)
        person.click(person.page.locator("#act-resolve > summary"))
        person.click(person.page.locator("#act-resolve [name=found][value=delivered]"))
        fill_in(person, "#act-resolve", "có trên màn hình tỉnh")
        at.until_states(number, S.DELIVERED, S.DELIVERED)
    effects = at.partners.province.effects(dossier=number)
    assert [it["operation"] for it in effects].count(REGISTER[0]) == 1


def test_a_refused_content_is_corrected_and_approved_by_a_second_person(at: Ward) -> None:
    """One person corrects a field and sees the difference; the head approves it."""
    number = refused(at)[0]
    person, head = at.person(), at.person("head")
    with case(3, "refused", person, head):
        open_listed(person, S.DEAD, number)
        person.click(main(person.page).locator("a[href$='/correct']"))
        person.replace(person.page.locator("[name='f.donViXuLy']"), "Bộ phận một cửa")
        person.click(person.page.locator("form.correct button"))
        form = person.page.locator("form[action$='/correct/propose']")
        person.type(form.locator("[name=reason]"), "sai đơn vị")
        person.click(form.get_by_role("button"))
        head.click(navigation(head.page, "/approvals"))
        head.click(head.page.locator("details[id$='-approve'] > summary").first)
        fill_in(head, "details[id$='-approve'][open]", "đã xem")
        at.until(lambda: set(at.states(number)) == {S.CANCELLED, S.DELIVERED}, number)


def test_a_partner_that_is_down_is_paused_until_it_is_back(at: Ward) -> None:
    """The overview says so by itself; what waited goes out when the pause is ended."""
    person = at.person()
    at.partners.province.set_faults([Fault(kind=K.DOWN)])
    (number,) = at.hand_in()
    person.page.locator("#pauses").wait_for()
    with case(4, "down", person):
        person.click(navigation(person.page, "/queues"))
        section = main(person.page).locator("section[aria-labelledby='to-provincial']")
        person.click(section.locator("> details > summary"))
        form = section.locator("form[action$='/pause']")
        person.choose(form.locator("[name=hours]"), "2")
        person.type(form.locator("[name=reason]"), "tỉnh báo bảo trì")
        person.click(form.get_by_role("button"))
        at.partners.province.clear_faults()
        form = section.locator("form[action$='/resume']")
        person.type(form.locator("[name=reason]"), "tỉnh đã chạy lại")
        person.click(form.get_by_role("button"))
        at.until_states(number, S.DELIVERED, S.DELIVERED)


def test_a_refused_login_is_one_task_that_ends_by_itself(at: Ward) -> None:
    """The person reads what to do and asks the partner; what waited goes out without a click."""
    person = at.person()
    at.partners.province.set_faults(login_refused())
    (number,) = at.hand_in()
    item = main(person.page).locator(".items a[href^='/tasks/']")
    item.wait_for(timeout=20_000)
    with case(5, "login", person):
        person.click(item)
        assert "partner_login" in main(person.page).inner_text()
        at.partners.province.clear_faults()
        person.click(person.page.locator("header .name a"))
        item.wait_for(state="detached", timeout=20_000)
        at.until_states(number, S.DELIVERED, S.DELIVERED)


def test_a_code_that_nobody_knows_is_classified_once(at: Ward) -> None:
    """From the overview's task; the delivery that got it goes on."""
    number = unknown(at, Fault(kind=K.UNKNOWN_CODE, operations=REGISTER, remaining=1))
    person = at.person()
    with case(6, "unclassified", person):
        item = main(person.page).locator(".items li").filter(has_text=REGISTER[0])
        person.click(item.locator("a[href^='/tasks/']"))
        person.click(person.page.locator("#act-classify > summary"))
        person.click(person.page.locator("#act-classify [name=verdict][value=transient]"))
        fill_in(person, "#act-classify", "tỉnh trả lời qua điện thoại")
        at.until_states(number, S.DELIVERED, S.DELIVERED)


def test_a_missing_file_is_named_and_sent_when_it_was_scanned_again(at: Ward) -> None:
    """Send again says which file is gone and sends nothing; after the scan it goes out."""
    (number,) = at.hand_in()
    at.until_states(number, S.DELIVERED, S.DELIVERED)
    at.partners.province.set_faults([refuses()])
    at.scan(number)
    at.until(lambda: S.DEAD in at.states(number), number)
    at.partners.province.clear_faults()
    stored = at.stored_files()
    for file in stored:
        file.unlink()
    person = at.person()
    with case(7, "missing file", person):
        open_listed(person, S.DEAD, number)
        person.click(person.page.locator("#act-retry > summary"))
        fill_in(person, "#act-retry", "gửi lại")
        person.page.get_by_role("alert").wait_for()
        at.scan(number)
        at.until(lambda: all(it.exists() for it in stored), stored)
        fill_in(person, "#act-retry", "đã quét lại")
        at.until(lambda: set(at.states(number)) == {S.DELIVERED}, number)


def test_a_parked_message_is_retried(at: Ward) -> None:
    """From the overview's item to its page; retried it is handled, and its dossier goes out."""
    number = at.park()
    person = at.person()
    with case(8, "parked", person):
        person.click(main(person.page).locator(".items a[href^='/parked?']"))
        act(person, "#act-retry", "bản mới đã sửa lỗi")
        at.until_states(number, S.DELIVERED, S.DELIVERED)


def test_a_message_of_hub_dead_goes_back_into_its_queue(at: Ward) -> None:
    """The page says why it lies there; put back it is handled, and nothing is done twice."""
    (number,) = at.hand_in()
    at.until_states(number, S.DELIVERED, S.DELIVERED)
    at.put_aside(number)
    person = at.person()
    with case(9, "hub.dead", person):
        person.click(navigation(person.page, "/queues"))
        row = main(person.page).get_by_role("row").filter(has_text=DEAD).last
        back = row.locator("details").filter(has=person.page.locator("[name=to]"))
        person.click(back.locator("> summary"))
        person.choose(back.locator("[name=to]"), INGEST)
        person.type(back.locator("[name=reason]"), "chương trình lạ đã sửa")
        person.click(back.get_by_role("button"))
        person.page.locator("main .notice.good[role=status]").wait_for()
    assert at.states(number) == [S.DELIVERED, S.DELIVERED]


def test_a_difference_of_the_days_comparison_is_closed_with_its_reason(at: Ward) -> None:
    """Ordered, read, and from the protocol to its task."""
    number = unknown(at, Fault(kind=K.LOST, operations=REGISTER, remaining=1))
    at.resolve_wrongly(number)
    person = at.person()
    with case(10, "difference", person):
        person.click(navigation(person.page, "/comparisons"))
        person.set_date(person.page.locator("#day"), at.day)
        person.click(person.page.locator("form[action='/comparisons'] button"))
        row = main(person.page).get_by_role("row").filter(has_text=number)
        person.click(row.locator("a[href^='/tasks/']").first)
        act(person, "#act-close", "tỉnh đã nhập bổ sung")


def test_a_dossier_that_is_due_is_taken_there_on_paper(at: Ward) -> None:
    """From the overview's list of what is due; the alert closes by itself."""
    number = refused(at)[0]
    person = at.person()
    with case(11, "due", person):
        due = main(person.page).locator("section[aria-labelledby=due] tr").filter(has_text=number)
        person.click(due.get_by_role("link"))
        person.click(main(person.page).locator("tr a[href^='/deliveries/']").first)
        act(person, "#act-by-hand", "CV 12, đã nộp giấy")
        at.until(lambda: at.states(number)[0] == S.BY_HAND, number)
        at.until(lambda: at.states(number)[1] != S.HELD, number)


def test_a_lost_database_and_a_lost_broker_are_told_and_need_no_click(at: Ward) -> None:
    """The overview keeps what it had and says since when; the queues' page has the rest."""
    person = at.person()
    notice = person.page.locator("[data-stale-notice]")
    with case(12, "lost", person):
        with at.to_database.blocked():
            notice.wait_for(state="visible", timeout=20_000)
        notice.wait_for(state="hidden", timeout=20_000)
        with at.to_broker.blocked(), at.to_management.blocked():
            person.click(navigation(person.page, "/queues"))
            person.page.locator("main .verdict.urgent").wait_for()
    (number,) = at.hand_in()
    at.until_states(number, S.DELIVERED, S.DELIVERED)
