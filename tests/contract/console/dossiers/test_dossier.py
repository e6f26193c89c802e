"""Search, a dossier's page and a delivery's, on both databases."""

import re

import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.tasks import TaskFinding
from hub.store.schema.tables.exchange import deliveries
from hub.texts import Text
from tests.contract.console.conftest import Look
from tests.support.console import TO, dead, sending
from tests.support.works import AT, number, record, step

PROVINCE_IT = Scope(partners=frozenset({"provincial"}))
TOWN_IT = Scope(partners=frozenset({"town_center"}))


def test_one_hit_leads_straight_to_the_dossier(look: Look, store: Store) -> None:
    """By dossier number, by message id, by delivery number and by receipt's exact words."""
    with store.write() as tx:
        id = sending(tx, step(1, 1))
        transitions.deliver(tx, [(id, "BN-77")], now=AT, from_state=S.SENDING)
    browser = look(store)
    for wanted in (number(1), f"  {number(1)} ", "m-1-1", str(id)):
        answer = browser.get("/search", params={"q": wanted})
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/dossiers/{number(1)}"


def test_what_is_not_there_is_told_and_the_list_stays(look: Look, store: Store) -> None:
    """With the words as text."""
    with store.write() as tx:
        dead(tx, record(1, 1))
    page = look(store).get("/search", params={"q": "<b>9</b>"}).text
    assert "Nothing has the number &#34;&lt;b&gt;9&lt;/b&gt;&#34;." in page
    assert number(1) in page


def test_filters_are_an_address(look: Look, store: Store) -> None:
    """State, partner, operation and fault; a huge or foreign value finds nothing or is refused."""
    with store.write() as tx:
        dead(tx, record(1, 1))
        dead(tx, record(2, 1), code="reply_rejected")
        emit(tx, [step(3, 1)], AT)
    browser = look(store)

    def found(**filters: str) -> set[int]:
        page = browser.get("/search", params=filters).text
        return {n for n in (1, 2, 3) if number(n) in page}

    assert found() == {1, 2, 3}
    assert found(state="dead") == {1, 2}
    assert found(state="dead", fault="partner_refused") == {1}
    assert found(operation="province.progress") == {3}
    assert found(partner="town_center") == set()
    assert found(older_h="1") == {1, 2, 3}
    assert browser.get("/search", params={"older_h": "-1"}).status_code == 422
    assert browser.get("/search", params={"q": "x" * 201}).status_code == 422
    assert browser.get("/search", params={"before": "0"}).status_code == 422


def test_pages_go_on_where_the_one_before_ended(look: Look, store: Store) -> None:
    """Each delivery is on exactly one page, newest first."""
    with store.write() as tx:
        emit(tx, [record(n, 1) for n in range(1, 121)], AT)
    browser, seen, path = look(store), [], "/search?state=pending"
    while path:
        page = browser.get(path).text
        rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
        seen += [line.rpartition('">')[2][:25] for line in rows.split('class="code"')[1:] if line]
        older = re.search(r'class="button" href="([^"]*before=[^"]*)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == 120


def test_csv_holds_no_formula(look: Look, store: Store) -> None:
    """A spreadsheet would run what a partner said."""
    with store.write() as tx:
        id = sending(tx, step(1, 1))
        transitions.deliver(tx, [(id, "=cmd|' /C calc'!A0")], now=AT, from_state=S.SENDING)
    answer = look(store).get("/search.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert ",'=cmd|" in answer.text
    assert ",=cmd" not in answer.text


def test_a_dossier_shows_lanes_and_who_waits_for_whom(look: Look, store: Store) -> None:
    """What failed, what to do, and what is held behind it."""
    with store.write() as tx:
        dead(tx, record(1, 1))
        emit(tx, [step(1, 2)], AT)
    page = look(store).get(f"/dossiers/{number(1)}").text
    assert "Lane to Province" in page
    assert "The ward&#39;s records do not have this dossier" in page
    assert "<code>hub deliveries replay</code>" in page
    assert "Waits until the earlier delivery of the dossier is settled." in page
    assert "Sent record of the dossier (province.dossier) to the province, attempt 1" in page
    assert page.index("province.dossier") < page.index("province.progress")


def test_an_unknown_dossier_and_a_foreign_one_look_the_same(look: Look, store: Store) -> None:
    """404, with one page: nobody learns by it what exists."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    foreign, own = look(store, scope=TOWN_IT), look(store, scope=PROVINCE_IT)
    for path in (f"/dossiers/{number(1)}", f"/deliveries/{id}"):
        assert own.get(path).status_code == 200
        hidden, missing = foreign.get(path), foreign.get("/dossiers/none")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.partition("<h1>")[2] == missing.text.partition("<h1>")[2]
    assert number(1) not in foreign.get("/search").text
    assert foreign.get("/search", params={"q": number(1)}).status_code == 200
    for path in ("/deliveries/0", "/deliveries/99999999999999999999", "/dossiers/" + "x" * 500):
        assert own.get(path).status_code == 404


def test_a_partner_sees_its_own_lane_of_a_dossier_and_no_other(look: Look, store: Store) -> None:
    """No call, fault, receipt or task of the other one; the ward sees both."""
    with store.write() as tx:
        id = sending(tx, record(1, 1))
        transitions.deliver(tx, [(id, "BN-77")], now=AT, from_state=S.SENDING)
        emit(tx, [step(1, 2)], AT)
        moved = sa.update(deliveries).where(deliveries.c.message_id == "m-1-2")
        tx.execute(moved.values(destination="town_center"))
        found = TaskFinding(
            kind="differs",
            subject=number(1),
            destination="provincial",
            owner="ward clerk",
            detail=Text("a task", "a task of the ward"),
            repair=Text("c", "d"),
        )
        tasks.open_once(tx, found, due_at=None, now=AT)
    path = f"/dossiers/{number(1)}"
    of_province = (
        "Lane to Province",
        "BN-77",
        "Sent record of the dossier (province.dossier) to the province",
    )
    ward, town = look(store).get(path).text, look(store, scope=TOWN_IT).get(path).text
    for shown in (*of_province, "a task of the ward", "province.progress"):
        assert shown in ward
    for hidden in (*of_province, "a task of the ward"):
        assert hidden not in town
    assert "province.progress" in town
    assert "BN-77" in look(store, scope=PROVINCE_IT).get(path).text


def test_content_is_masked_and_needs_its_right(look: Look, store: Store) -> None:
    """A name is never on the page; who may not read content sees the calls."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    page = look(store).get(f"/deliveries/{id}").text
    assert "Nguyễn Văn Mẫu" not in page
    assert "•••" in page
    assert "1.001193" in page
    assert "What the hub" not in page
    auditor = look(store, role=UserRole.AUDITOR)
    assert auditor.get(f"/deliveries/{id}").status_code == 404


def test_a_delivery_shows_what_differs_from_the_one_before(look: Look, store: Store) -> None:
    """By field, personal values masked."""
    with store.write() as tx:
        emit(tx, [record(1, 1), record(1, 2)], AT)
    page = look(store).get("/deliveries/2").text
    assert "What differs from the one before" in page
    assert TO == "provincial"
