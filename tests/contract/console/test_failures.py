"""The pages of failure groups: counts, words, trend, notes and assignment, on both databases."""

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.operations.failures.sampling import FailureSampling
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.monitoring import failure_samples
from hub.store.repair import selection_notes
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Look
from tests.support.console import TO, dead, forms_without_session
from tests.support.users import add_user
from tests.support.works import AT, record, step

GROUP = Selection(partner=TO, operation="province.dossier", fault="partner_refused")
PAGE = f"/failures/group?{GROUP.key}"
MINUTE = timedelta(minutes=1)
SAME = {"sec-fetch-site": "same-origin"}
TOWN_IT = Scope(partners=frozenset({"town_center"}))


def annotate(browser: httpx.Client, **given: str) -> httpx.Response:
    """Send the form of a group's page."""
    sent = GROUP.words | {"form_id": "f-1", "reason": "asked the province", **given}
    return browser.post("/failures/notes", data=sent, headers=SAME)


def test_failures_of_one_reason_are_one_group(look: Look, store: Store) -> None:
    """With count, the dictionary's words, who acts, and what finds the deliveries."""
    with store.write() as tx:
        for n in range(1, 4):
            dead(tx, record(n, 1))
        dead(tx, step(9, 1), code="reply_rejected")
        emit(tx, [record(7, 1)], AT)
    page = look(store).get("/failures").text
    assert page.count('<li class="urgent">') == 2
    assert "Show 3 dead deliveries" in page
    assert "Partner refuses content." in page
    assert "ward clerk" in page
    assert page.index("province.dossier") < page.index("province.progress")
    assert f'href="{PAGE.replace("&", "&amp;")}"' in page
    assert 'href="/faults/partner_refused"' in page


def test_nothing_that_failed_is_one_sentence(look: Look, store: Store) -> None:
    """And what waits for its turn is no failure."""
    with store.write() as tx:
        emit(tx, [record(7, 1)], AT)
    assert "No delivery waits for a person." in look(store).get("/failures").text


def test_a_trend_shows_how_a_group_grew(look: Look, store: Store) -> None:
    """By the samples of the timer; a group that is gone ends at nothing."""
    with store.write() as tx:
        ids = [dead(tx, record(n, 1)) for n in range(1, 4)]
    sampling = FailureSampling(store)
    sampling.sample(AT)
    with store.write() as tx:
        ids.append(dead(tx, record(4, 1)))
    sampling.sample(AT + MINUTE)
    browser = look(store, clock=lambda: AT + 10 * MINUTE)
    page = browser.get(f"{PAGE}&span=hour").text
    assert "1 more" in page
    assert page.count('class="curve"') == 1
    with store.write() as tx:
        for id in ids:
            transitions.cancel(tx, id, from_state=DeliveryState.DEAD, now=AT, detail="")
    sampling.sample(AT + 10 * MINUTE)
    sampling.sample(AT + 20 * MINUTE)
    with store.read() as tx:
        key = (TO, GROUP.operation, GROUP.fault)
        found = failure_samples.of_groups(tx, [key], since=AT, each=failure_samples.EVERY)
    assert [count for _, count in found[key]] == [3, 0]
    assert "No delivery of this group waits" in browser.get(PAGE).text


def test_a_note_and_an_assignment_stay_with_the_group(look: Look, store: Store) -> None:
    """Who wrote it and when; sent twice it is kept once; and it is audited without its words."""
    add_user(store, "lan", role=UserRole.OPERATOR, now=AT)
    with store.write() as tx:
        dead(tx, record(1, 1))
    browser = look(store, more=forms_without_session)
    for _ in range(2):
        answer = annotate(browser, assignee="lan")
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    annotate(browser, form_id="f-2", assignee="-", reason="<b>they answer tomorrow</b>")
    page = browser.get(PAGE).text
    assert page.count("Assigned to Trần Thị Bình") == 2
    assert page.count("asked the province") == 1
    assert "&lt;b&gt;they answer tomorrow" in page
    assert "Assigned to Trần Thị Bình" in browser.get("/failures").text
    with store.read() as tx:
        acts = tx.execute(sa.select(audit).where(audit.c.action.like("selection.%"))).all()
    assert [it.action for it in acts] == ["selection.assign", "selection.note"]
    assert not [it for it in acts if "province" in it.reason]


def test_an_assignment_is_taken_back(look: Look, store: Store) -> None:
    """The list of the assignee is empty again."""
    add_user(store, role=UserRole.HEAD, now=AT)
    browser = look(store, more=forms_without_session)
    annotate(browser, assignee="binh")
    assert "Assigned to you" in browser.get("/failures").text
    annotate(browser, form_id="f-2", assignee="", reason="")
    assert "Assigned to you" not in browser.get("/failures").text
    with store.read() as tx:
        assert selection_notes.assignments(tx) == {}
        assert len(selection_notes.of_selection(tx, GROUP.key)) == 2


@pytest.mark.parametrize(
    "given",
    [{"reason": "  "}, {"reason": "x" * 1001}, {"assignee": "nobody-of-that-name"}],
)
def test_a_note_that_cannot_be_kept_is_told_and_typed_again(
    look: Look, store: Store, given: dict[str, str]
) -> None:
    """422 with what to do, the words still in the form, and nothing kept."""
    answer = annotate(look(store, more=forms_without_session), **given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{given.get("reason", "asked the province").strip()}"' in answer.text
    with store.read() as tx:
        assert selection_notes.of_selection(tx, GROUP.key) == []


def test_a_foreign_group_is_as_one_that_does_not_exist(look: Look, store: Store) -> None:
    """404 to see and to write; without the right to act 403."""
    with store.write() as tx:
        dead(tx, record(1, 1))
    foreign = look(store, scope=TOWN_IT, more=forms_without_session)
    assert foreign.get(PAGE).status_code == 404
    assert annotate(foreign).status_code == 404
    assert "province.dossier" not in foreign.get("/failures").text
    reader = look(store, role=UserRole.PROVINCE_IT, more=forms_without_session)
    assert reader.get(PAGE).status_code == 200
    assert "<form" not in reader.get(PAGE).text.partition("<main")[2]
    assert annotate(reader).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/failures/group", 404),
        ("/failures/group?partner=provincial", 404),
        (f"{PAGE}&up_to=x", 422),
        (f"{PAGE}&opened_before=yesterday", 422),
        (f"{PAGE}&state=asleep", 422),
        ("/failures/group?fault=" + "x" * 201, 422),
        ("/failures?span=year", 422),
        ("/faults/nothing", 404),
        ("/faults/partner_refused", 200),
    ],
)
def test_an_address_that_means_no_group_is_a_plain_page(
    look: Look, sqlite_store: Store, path: str, status: int
) -> None:
    """Which says what to do."""
    assert look(sqlite_store).get(path).status_code == status
