"""Settling a delivery on its page: once, from the state that the page showed, by right."""

import threading
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from hub.exchange.outbox.emit import emit
from hub.messages import catalog
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.console import history
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit, handovers
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import dead, sending
from tests.support.partners.partner import Partner
from tests.support.works import AT, number, record, step


def ambiguous(store: Store, n: int = 1) -> int:
    """Have a delivery whose effect is unknown, left to a person."""
    with store.write() as tx:
        id = sending(tx, record(n, 1))
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code="reply_timeout", detail="x"
        )
    return id


def state(store: Store, id: int) -> str:
    """Return where a delivery stands."""
    with store.read() as tx:
        found = history.one_delivery(tx, id)
    assert found
    return found.state


def acts(store: Store) -> list[tuple[str, str, str, bool]]:
    """Return what the audit has: actor, action, object, whether it was allowed."""
    with store.read() as tx:
        rows = tx.execute(sa.select(audit).order_by(audit.c.seq)).all()
    return [(row.actor, row.action, row.object, row.allowed) for row in rows]


BINH = "Trần Thị Bình (account binh)"


def test_what_was_seen_at_the_partner_settles_an_unknown_effect(look: Look, store: Store) -> None:
    """With the partner's number as the receipt, the reason and the actor in the audit."""
    id = ambiguous(store)
    with store.write() as tx:
        emit(tx, [step(1, 2)], AT)
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["resolve"]
    sent = form.filled(found="delivered", reference="BN-7", reason="seen on their screen")
    answer = browser.post(form.path, sent)
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"])
    assert "Recorded: the partner has delivery" in page.text
    assert state(store, id) == S.DELIVERED
    assert state(store, id + 1) == S.PENDING
    assert acts(store) == [(BINH, "delivery.resolve.delivered", str(id), True)]
    with store.read() as tx:
        (receipt,) = tx.execute(sa.select(handovers.c.receipt)).scalars()
    assert receipt == "BN-7"
    assert list(forms_of(browser.get(f"/deliveries/{id}"))) == ["unmask"]


def test_a_second_click_shows_the_outcome_of_the_first(look: Look, store: Store) -> None:
    """However often, and from two at once; it is done and audited once."""
    id = ambiguous(store)
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["resolve"]
    sent = form.filled(found="absent", reason="they do not have it")
    answers: list[httpx.Response] = []
    clicks = [
        threading.Thread(target=lambda: answers.append(browser.post(form.path, sent)))
        for _ in range(4)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert {it.status_code for it in answers} == {303}
    assert len({it.headers["location"] for it in answers}) == 1
    assert "being sent again" in browser.get(answers[0].headers["location"]).text
    assert [it[1] for it in acts(store)] == ["delivery.resolve.absent"]


def test_an_old_page_is_refused_with_what_happened_and_what_was_typed(
    look: Look, store: Store
) -> None:
    """409: who did what when, from where to where; the forms on it are those of the new state."""
    id = ambiguous(store)
    browser = BrowserSession(look(store))
    old = forms_of(browser.get(f"/deliveries/{id}"))["resolve"]
    first = forms_of(browser.get(f"/deliveries/{id}"))["resolve"]
    browser.post(first.path, first.filled(found="absent", reason="asked by telephone"))
    answer = browser.post(old.path, old.filled(found="delivered", reason="typed <b>with</b> care"))
    assert answer.status_code == 409
    told = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "was ambiguous when the page was opened and is waiting now" in told
    assert f"{BINH} · not found at the partner: asked by telephone" in told
    assert "typed &lt;b&gt;with&lt;/b&gt; care" in told
    assert "resolve" not in forms_of(answer)
    assert state(store, id) == S.WAITING
    assert [it[1] for it in acts(store)] == ["delivery.resolve.absent"]


def test_the_same_state_for_another_cause_is_an_old_page_too(look: Look, store: Store) -> None:
    """Dead, replayed and dead again: what was typed stays in the form, now for the new state."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    browser = BrowserSession(look(store))
    old = forms_of(browser.get(f"/deliveries/{id}"))["by-hand"]
    with store.write() as tx:
        transitions.replay(tx, id, now=AT)
        transitions.claim(tx, [id], "provincial", now=AT, lease_until=AT)
        transitions.kill(tx, id, from_state=S.SENDING, code="reply_rejected", detail="")
    answer = browser.post(old.path, old.filled(reason="taken there"))
    assert answer.status_code == 409
    fresh = forms_of(answer)["by-hand"]
    assert ">taken there</textarea>" in answer.text
    assert browser.post(fresh.path, fresh.filled(reason="taken there")).status_code == 303
    assert state(store, id) == S.BY_HAND


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"reason": "  "}, "The reason is missing"),
        ({"reason": "x" * 501}, "more than 500 characters"),
        ({"reason": "x", "found": "maybe"}, "Choose one"),
        ({"reason": "x", "found": "absent", "reference": "7"}, "means that it is there"),
        ({"reason": "x", "form_id": "short"}, "The form is not complete"),
    ],
)
def test_a_form_that_lacks_something_says_what(
    look: Look, sqlite_store: Store, typed: dict[str, str], told: str
) -> None:
    """422, nothing done, the form again; then it can be sent."""
    id = ambiguous(sqlite_store)
    browser = BrowserSession(look(sqlite_store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["resolve"]
    answer = browser.post(form.path, form.filled(**({"found": "delivered"} | typed)))
    assert answer.status_code == 422
    assert told in answer.text
    assert state(sqlite_store, id) == S.AMBIGUOUS
    assert browser.post(form.path, form.filled(found="delivered", reason="x")).status_code == 303


def test_a_dead_one_is_sent_again_after_the_partner_was_asked(look: Look, store: Store) -> None:
    """What the partner has already is settled instead, with its receipt."""
    with store.write() as tx:
        id, other = dead(tx, record(1, 1)), dead(tx, record(2, 1))
    partner = Partner()
    partner.send(partner.prepare(record(2, 1), catalog.read(record(2, 1))))
    browser = BrowserSession(look(store, partners=[partner]))
    for delivery, told in ((id, "being sent again"), (other, "settled")):
        form = forms_of(browser.get(f"/deliveries/{delivery}"))["retry"]
        answer = browser.post(form.path, form.filled(reason="their fault is repaired"))
        assert answer.status_code == 303, answer.text
        assert told in browser.get(answer.headers["location"]).text
    assert state(store, id) == S.PENDING
    assert state(store, other) == S.DELIVERED


def test_a_dead_one_is_not_sent_where_the_partner_cannot_be_asked(look: Look, store: Store) -> None:
    """It stays dead, and the page says why."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["retry"]
    answer = browser.post(form.path, form.filled(reason="again"))
    assert answer.status_code == 409
    assert "was not sent again: cannot query" in answer.text
    assert state(store, id) == S.DEAD


def test_a_waiting_one_is_sent_at_once(look: Look, store: Store) -> None:
    """Its next time is now, the attempts stay counted."""
    with store.write() as tx:
        id = sending(tx, record(1, 1))
        later = AT + timedelta(days=9999)
        transitions.wait(tx, id, from_state=S.SENDING, when=later, code="partner_busy", detail="")
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["retry"]
    assert browser.post(form.path, form.filled(reason="they are back")).status_code == 303
    with store.read() as tx:
        found = history.one_delivery(tx, id)
    assert found
    assert found.next_attempt_at is not None
    assert found.next_attempt_at < later
    assert found.attempts == 1
    assert acts(store) == [(BINH, "delivery.send_now", str(id), True)]


def test_a_foreign_delivery_is_not_there_and_the_attempt_is_audited(
    look: Look, store: Store
) -> None:
    """404, as for one that does not exist; without the right to act 403, and no forms."""
    id = ambiguous(store)
    form = forms_of(look(store).get(f"/deliveries/{id}"))["resolve"]
    sent = form.filled(found="delivered", reason="x")
    foreign = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"}))))
    assert foreign.post(form.path, sent).status_code == 404
    assert foreign.post("/deliveries/99/resolve", sent).status_code == 404
    assert foreign.post(f"/deliveries/{2**70}/resolve", sent).status_code == 404
    only_sees = BrowserSession(look(store, role=UserRole.PROVINCE_IT))
    assert forms_of(only_sees.get(f"/deliveries/{id}")) == {}
    assert only_sees.post(form.path, sent).status_code == 403
    denied = (BINH, "console.denied", f"/deliveries/{id}/resolve", False)
    assert [acts(store)[0], acts(store)[-1]] == [denied, denied]
    assert state(store, id) == S.AMBIGUOUS
    assert BrowserSession(look(store)).post(f"/deliveries/{id}/explode", sent).status_code == 422


def test_a_settled_dossier_shows_no_number_of_another_form(look: Look, sqlite_store: Store) -> None:
    """An address with an id that no form had shows the page without a word."""
    id = ambiguous(sqlite_store)
    browser = look(sqlite_store)
    for done in ("x" * 22, "short", "'; drop table", ""):
        page = browser.get(f"/deliveries/{id}", params={"done": done})
        assert page.status_code == 200
        assert 'role="status"' not in page.text
    assert number(1) in page.text
