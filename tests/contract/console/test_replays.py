"""Selections and replay plans on pages: counted, ordered once, live, for the persons who may."""

import json
from collections.abc import Mapping

import httpx
import pytest

from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.selection import Selection
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.console import replay_plans
from hub.store.engine.store import Store
from hub.store.repair import replay_work, replays
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.replays import ReplayFilter, ReplayItem
from tests.contract.console.conftest import Look
from tests.support.console import TO, dead, forms_without_session
from tests.support.works import AT, number, record, step

SAME = {"sec-fetch-site": "same-origin"}
TOWN_IT = Scope(partners=frozenset({"town_center"}))
ONE, TWO = (
    ReplayItem(delivery_id=n, attempts=1, fault="partner_refused", verdict=verdict, detail=detail)
    for n, verdict, detail in ((1, "would_send", ""), (2, "cannot_ask", "partner_unreachable"))
)


def post(browser: httpx.Client, path: str, given: Mapping[str, str]) -> httpx.Response:
    """Send a form of a page."""
    return browser.post(path, data={"form_id": "f" * 16, **given}, headers=SAME)


def three_dead(store: Store) -> Selection:
    """Have three dead deliveries; return their selection."""
    with store.write() as tx:
        ids = [dead(tx, record(n, 1)) for n in range(1, 4)]
    return Selection(
        state="dead",
        partner=TO,
        operation="province.dossier",
        fault="partner_refused",
        up_to=ids[-1],
    )


def plan_of(store: Store, phase: ReplayPhase, *items: ReplayItem) -> int:
    """Have a plan of the province in a phase."""
    with store.write() as tx:
        made = replays.create(tx, ReplayFilter(destination=TO), items, actor="x", now=AT)
        replay_work.add(tx, made, phase, total=len(items))
    return made


def test_all_that_match_are_a_selection_with_an_address(look: Look, store: Store) -> None:
    """Found from the search; what fails later does not enter it; its CSV holds the same."""
    wanted = three_dead(store)
    browser = look(store)
    filters = {name: it for name, it in wanted.words.items() if name != "up_to"}
    page = browser.get("/search", params=filters).text
    assert "All 3 that match" in page
    link = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert link == f"/selection?{wanted.key}"
    with store.write() as tx:
        dead(tx, record(4, 1))
    shown = browser.get(link).text
    assert "3 deliveries, fixed up to delivery 3" in shown
    assert number(3) in shown
    assert number(4) not in shown
    lines = browser.get(link.replace("/selection?", "/selection.csv?")).text.splitlines()
    assert len(lines) == 4


def test_what_has_ended_is_no_selection_to_decide_on(look: Look, store: Store) -> None:
    """Without an open state and an end it could be millions."""
    three_dead(store)
    browser = look(store)
    assert "that match" not in browser.get("/search").text
    assert "that match" not in browser.get("/search?state=delivered").text
    assert browser.get("/selection").headers["location"] == "/search"
    for words in ("state=dead", "up_to=3", "state=delivered&up_to=3"):
        assert browser.get(f"/selection?{words}").status_code == 422
        assert browser.get(f"/selection.csv?{words}").status_code == 422


def test_a_plan_is_ordered_once_however_often_it_is_clicked(look: Look, store: Store) -> None:
    """From the page of the selection; it shows that the queries come."""
    wanted = three_dead(store)
    browser = look(store, more=forms_without_session)
    assert 'action="/replays"' in browser.get(f"/selection?{wanted.key}").text
    places = {post(browser, "/replays", wanted.words).headers["location"] for _ in range(3)}
    assert places == {"/replays/1"}
    page = browser.get("/replays/1").text
    assert "querying the partners" in page
    assert "The queries begin soon." in page
    assert "Cancel the plan" in page
    assert "Send 0 deliveries" not in page
    assert 'href="/replays/1"' in browser.get("/replays").text


@pytest.mark.parametrize("id", ["", "f-1", "f" * 65])
def test_a_plan_of_a_form_without_an_id_is_refused(look: Look, store: Store, id: str) -> None:
    """Two such forms would else be one form, and the second person would get the first's plan."""
    wanted = three_dead(store)
    browser = look(store, more=forms_without_session)
    assert post(browser, "/replays", {**wanted.words, "form_id": id}).status_code == 422
    with store.read() as tx:
        assert replay_plans.newest(tx) == []


def test_a_plan_shows_what_it_sends_and_what_it_leaves_out(look: Look, store: Store) -> None:
    """With the reason in words, and each delivery in order."""
    three_dead(store)
    plan = plan_of(store, ReplayPhase.READY, ONE, TWO)
    page = look(store, more=forms_without_session).get(f"/replays/{plan}").text
    assert "Send 1 deliveries" in page
    assert "cannot query" in page
    assert "partner_unreachable" not in page
    assert page.index(number(1)) < page.index(number(2))


def test_orders_move_the_plan_and_one_that_is_late_says_so(look: Look, store: Store) -> None:
    """Two persons on one plan: the second gets 409 with where it is, and nothing is done."""
    three_dead(store)
    plan = plan_of(store, ReplayPhase.READY, ONE)
    browser = look(store, more=forms_without_session)
    path = f"/replays/{plan}"
    refused = post(browser, f"{path}/start", {"reason": " "})
    assert refused.status_code == 422
    assert "The reason is missing" in refused.text
    filled = {"reason": "fixed there", "per_second": "7"}
    for begun in (post(browser, f"{path}/start", filled) for _ in range(2)):
        assert (begun.status_code, begun.headers["location"]) == (303, f"{path}?done={'f' * 16}")
    assert f"Plan {plan} begins to run." in browser.get(begun.headers["location"]).text
    typed = {"form_id": "g" * 16, "reason": "me too", "seen_at": AT.isoformat()}
    late = post(browser, f"{path}/start", typed)
    assert late.status_code == 409
    assert f"Plan {plan} is now: running" in late.text
    assert "started a replay plan: fixed there" in late.text
    assert "<dd>me too</dd>" in late.text
    assert "fixed there" in browser.get(path).text
    with store.read() as tx:
        work = replay_work.of_plan(tx, plan)
    assert work is not None
    assert (work.phase, work.per_second) == (ReplayPhase.RUNNING, 7)
    made_up = {"form_id": "h" * 16, "reason": "x"}
    assert post(browser, f"{path}/forget", made_up).status_code == 404


def test_an_open_page_hears_of_progress_and_of_the_next_phase(look: Look, store: Store) -> None:
    """Its main part comes as an event, and says when other orders are possible."""
    three_dead(store)
    plan = plan_of(store, ReplayPhase.RUNNING, ONE, TWO)
    with store.write() as tx:
        replays.begin(tx, plan, AT)
        replays.mark(tx, plan, 1, "sent", AT)
    with look(store).stream("GET", f"/live/replays/{plan}/ready") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        found = next(line for line in answer.iter_lines() if line.startswith("data: "))
    html = json.loads(found.removeprefix("data: "))["html"]
    assert "1 of 2 deliveries are done." in html
    assert "The plan is now: running." in html
    assert "<form" not in html


def test_a_plan_of_a_foreign_partner_is_as_none(look: Look, store: Store) -> None:
    """404 for its page, its stream and orders; who may only read gets no form and 403."""
    wanted = three_dead(store)
    plan = plan_of(store, ReplayPhase.READY, ONE)
    foreign = look(store, scope=TOWN_IT, more=forms_without_session)
    for path in (f"/replays/{plan}", f"/live/replays/{plan}/ready", "/replays/99", "/replays/0"):
        assert foreign.get(path).status_code == 404
    assert post(foreign, f"/replays/{plan}/start", {"reason": "x"}).status_code == 404
    assert post(foreign, "/replays", wanted.words).status_code == 404
    assert foreign.get(f"/selection?{wanted.key}").status_code == 404
    assert f"/replays/{plan}" not in foreign.get("/replays").text.partition("<main")[2]
    reader = look(store, role=UserRole.PROVINCE_IT, more=forms_without_session)
    assert "<form" not in reader.get(f"/replays/{plan}").text.partition("<main")[2]
    assert post(reader, f"/replays/{plan}/start", {"reason": "x"}).status_code == 403
    assert post(reader, "/replays", wanted.words).status_code == 403


@pytest.mark.parametrize("state", ["held", ""])
def test_only_dead_deliveries_are_planned(look: Look, store: Store, state: str) -> None:
    """A form that was made up is refused."""
    with store.write() as tx:
        emit(tx, [step(1, 1), step(1, 2)], AT)
    browser = look(store, more=forms_without_session)
    made_up = {"state": state, "partner": TO, "up_to": "9"}
    assert post(browser, "/replays", made_up).status_code == 422


def test_a_selection_is_assigned_as_a_group_is(look: Look, store: Store) -> None:
    """Its note stays with its address; one without words is refused on its page."""
    wanted = three_dead(store)
    browser = look(store, more=forms_without_session)
    kept = post(browser, "/failures/notes", {**wanted.words, "reason": "mine until noon"})
    assert kept.headers["location"] == f"/selection?{wanted.key}"
    assert "mine until noon" in browser.get(kept.headers["location"]).text
    empty = post(browser, "/failures/notes", {**wanted.words, "form_id": "f-2", "reason": ""})
    assert empty.status_code == 422
    assert "fixed up to delivery 3" in empty.text
