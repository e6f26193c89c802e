"""The overview: one sentence, what a person can do, and the balance, on both databases."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hub.console.frame.rendering import PageView
from hub.console.live import STAYS_AT_MOST, Freshness, stays_for
from hub.console.pages.overview import overview
from hub.console.parts import Parts
from hub.exchange.outbox.emit import emit
from hub.rules.devices.health import DeviceFinding
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.rules.users.visitor import Visitor
from hub.store.devices import states
from hub.store.engine.store import Store
from hub.store.monitoring import heartbeats
from hub.store.repair import tasks
from hub.store.repair.tasks import TaskFinding
from hub.texts import Language, Text, both
from hub.web.live import EVERY
from tests.contract.console.conftest import Look
from tests.support.console import dead, person
from tests.support.works import AT, now, number, record, step


def test_a_quiet_hub_says_that_nothing_needs_a_person(look: Look, store: Store) -> None:
    """With the balance of each partner below."""
    page = look(store).get("/").text
    assert "Nothing needs a person now." in page
    assert page.count('class="mark good"') == 3


def test_what_failed_is_one_item_a_cause_with_its_deliveries(look: Look, store: Store) -> None:
    """However many stand: the item counts them, names the cause and leads to them."""
    with store.write() as tx:
        for n in range(1, 4):
            dead(tx, record(n, 1))
        dead(tx, step(9, 1), code="reply_rejected")
    page = look(store).get("/").text
    assert "Needing a person now: 2 urgent, 2 in all." in page
    assert "3 deliveries to the province have failed for good" in page
    assert "record of the dossier (province.dossier); " in page
    assert "hub deliveries attention" not in page, "the item has a link for that"
    assert (
        "/search?state=dead&amp;partner=provincial&amp;operation=province.dossier&amp;fault="
        'partner_refused"' in page
    )


def test_the_most_urgent_comes_first(look: Look, store: Store) -> None:
    """A task that is over its time stands before one that has time."""
    with store.write() as tx:
        for subject, due_at in (("late", AT), ("early", None)):
            found = TaskFinding(
                kind="certificate_ends",
                subject=subject,
                destination="provincial",
                owner="ward IT",
                detail=Text("a", "its detail"),
                repair=Text("b", "its repair"),
            )
            tasks.open_once(tx, found, due_at=due_at, now=AT)
    page = look(store).get("/").text
    assert "Needing a person now: 1 urgent, 2 in all. First: late: its detail" in page
    assert page.index("late: its detail") < page.index("early: its detail")


def test_one_partner_does_not_see_the_others(look: Look, store: Store) -> None:
    """Neither the item nor the balance."""
    with store.write() as tx:
        dead(tx, record(1, 1))
    page = look(store, scope=Scope(partners=frozenset({"town_center"}))).get("/").text
    assert "Nothing needs a person now." in page
    assert "Province" not in page


def test_an_auditor_sees_no_case(look: Look, store: Store) -> None:
    """The page says which right is missing."""
    answer = look(store, role=UserRole.AUDITOR).get("/")
    assert answer.status_code == 403
    assert "Your account has no right for this." in answer.text


def test_an_officer_sees_what_belongs_to_the_sectors(look: Look, store: Store) -> None:
    """The dossier says which sector; a delivery without a dossier belongs to none."""
    with store.write() as tx:
        dead(tx, record(1, 1))
    page = look(store, scope=Scope(sectors=frozenset({"G15-TP07"}))).get("/").text
    assert "Nothing needs a person now." in page


def test_words_of_others_are_no_markup(look: Look, store: Store) -> None:
    """A script in a task stays text."""
    with store.write() as tx:
        found = TaskFinding(
            kind="x",
            subject="<script>alert(1)</script>",
            destination="provincial",
            owner="ward clerk",
            detail=Text("<b>", "<b>"),
            repair=Text("<i>", "<i>"),
        )
        tasks.open_once(tx, found, due_at=None, now=AT)
    page = look(store).get("/").text
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == 2


def test_the_stream_brings_the_main_part_at_once(look: Look, store: Store) -> None:
    """As an event with the part and its time."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
    with look(store).stream("GET", "/live/overview/hour") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        found = next(line for line in lines if line.startswith("data: "))
    told = json.loads(found.removeprefix("data: "))
    assert "Nothing needs a person now." in told["html"]
    assert "<html" not in told["html"]


@pytest.mark.parametrize("dossier", [number(1)])
def test_an_item_about_a_dossier_leads_to_it(look: Look, store: Store, dossier: str) -> None:
    """A task about a certificate leads nowhere."""
    with store.write() as tx:
        found = TaskFinding(
            kind="differs",
            subject=dossier,
            destination="provincial",
            owner="ward clerk",
            detail=Text("a", "b"),
            repair=Text("c", "d"),
        )
        tasks.open_once(tx, found, due_at=None, now=AT)
    assert f'href="/dossiers/{dossier}"' in look(store).get("/").text


def test_many_visitors_cost_what_one_costs(store: Store) -> None:
    """Within two seconds the part is made once for all who see the same."""
    made: list[str] = []
    at = [AT]

    def make(parts: Parts, who: Visitor, now: datetime) -> PageView:
        made.append(who.name)
        return overview(parts, who, now)

    parts = Parts(store=store, clock=lambda: at[0], destinations=())
    fresh = Freshness(make, parts)
    people = [replace(person(UserRole.HEAD), name=str(n)) for n in range(20)]
    assert len({id(fresh.get(Language.EN, who).event) for who in people}) == 1
    assert made == ["0"]
    at[0] += STAYS_AT_MOST
    fresh.get(Language.EN, people[5])
    assert made == ["0", "5"]


def test_a_page_that_takes_long_is_made_less_often() -> None:
    """A twentieth of the time at most, but within ten seconds."""
    assert [stays_for(it) for it in (0.01, 0.2, 5)] == [EVERY, timedelta(seconds=4), STAYS_AT_MOST]


def test_a_device_that_is_not_up_is_an_item_and_counts_in_the_verdict(
    look: Look, store: Store
) -> None:
    """Its source's trouble is the same item, no further one of the process; others see none."""
    with store.write() as tx:
        for device, code in (("may-in", "printer_jammed"), ("may-2", "printer_toner_low")):
            found = [DeviceFinding(code)]
            states.keep(tx, device, kind="printer", place="quầy 1", findings=found, now=now())
        heartbeats.beat(
            tx,
            "ward/1",
            host="ward",
            roles="sources",
            started_at=now(),
            now=now(),
            troubles="source.may-in: it crashed",
        )
    page = look(store).get("/").text
    assert "Needing a person now: 1 urgent, 2 in all." in page
    assert "First: Device may-in (quầy 1): paper is jammed in the printer" in page
    assert "Device may-2 (quầy 1): the printer is low on toner" in page
    scope = Scope(partners=frozenset({"provincial"}))
    assert "Nothing needs a person now." in look(store, scope=scope).get("/").text


def test_each_device_says_how_it_is_and_what_to_do(look: Look, store: Store) -> None:
    """Since when, and when it was checked last; a device that nobody checks is not called well."""
    with store.write() as tx:
        lost = DeviceFinding("folder_away", "ENOENT")
        states.keep(tx, "may-quet", kind="x", place="quầy 1", findings=[lost], now=now())
        long_ago = now() - timedelta(days=1)
        states.keep(tx, "may-in", kind="x", place="", findings=[], now=long_ago)
    page = look(store).get("/").text
    table = page.partition('id="devices"')[2].partition("</table>")[0]
    assert table.count('class="mark urgent"') == 2
    assert both("device_findings.folder_away").en in table
    assert both("device_findings.not_checked_to_do").en.split("`")[0] in table
    scope = Scope(partners=frozenset({"provincial"}))
    assert 'id="devices"' not in look(store, scope=scope).get("/").text
