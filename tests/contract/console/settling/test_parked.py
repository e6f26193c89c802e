"""Parked messages on the console: listed with why, taken up by one person, discarded by two."""

import pytest
import sqlalchemy as sa

from hub.console.approvals import inbox, shown
from hub.console.frame.sent_form import new_form_id
from hub.console.links import message
from hub.messages.envelope import encode
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.archive import holds
from hub.store.engine.store import Store
from hub.store.messages import journal, parked
from hub.store.messages.journal import JournalEntry
from hub.store.messages.parked import ParkedFilter
from hub.store.schema.tables.exchange import audit
from hub.store.users import approvals
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.users import add_user
from tests.support.works import AT, now, number, record

CODE = "dossier_unknown"
KIND = f"/parked?type=province.dossier&code={CODE}"


def park(store: Store, n: int, code: str = CODE) -> str:
    """Set a message aside; return its id."""
    made = record(n, 1)
    with store.write() as tx:
        journal.park(tx, JournalEntry(made, encode(made)), AT, code=code, reason="$: not <known>")
    return made.id


@pytest.fixture
def ids(store: Store) -> list[str]:
    """Two parked messages of a kind and one of another, and the accounts of two persons."""
    add_user(store, "binh", now=now())
    add_user(store, "an", role=UserRole.HEAD, now=now())
    return [park(store, 1), park(store, 2), park(store, 3, "payload_invalid")]


def states(store: Store, *ids: str) -> list[str]:
    """Return how messages are."""
    with store.read() as tx:
        found = parked.states(tx, ids)
    return [found[id] for id in ids]


def audited(store: Store, action: str) -> list[tuple[str, str]]:
    """Return who did something, and to what."""
    query = sa.select(audit.c.actor, audit.c.object).where(audit.c.action == action)
    with store.read() as tx:
        return [(row.actor, row.object) for row in tx.execute(query)]


def test_the_list_says_why_and_what_to_do_and_leads_to_each(
    look: Look, store: Store, ids: list[str]
) -> None:
    """Kinds with counts, then the messages of one; a name in a reason is no markup."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    every = binh.get("/parked").text
    assert "3 parked messages" in every
    assert "not &lt;known&gt;" in every
    kind = binh.get(KIND).text
    assert "2 parked messages" in kind
    assert message(ids[0]) in kind
    assert message(ids[2]) not in kind
    assert "/parked?type=province.dossier" in binh.get("/").text


def test_parked_messages_are_not_for_a_partner(look: Look, store: Store, ids: list[str]) -> None:
    """They concern the installation as a whole; one of them does not exist for a partner."""
    town = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"}))))
    assert town.get("/parked").status_code == 403
    assert town.get(message(ids[0])).status_code == 404
    form = {"id": ids[0], "code": CODE, "form_id": new_form_id(), "reason": "x"}
    assert town.post("/parked/retry", form).status_code == 404
    assert states(store, ids[0]) == [parked.PARKED]


def test_the_content_is_masked_until_it_is_asked_for_with_a_reason(
    look: Look, store: Store, ids: list[str]
) -> None:
    """The view is audited."""
    an = BrowserSession(look(store, name="an"))
    page = an.get(message(ids[0]))
    assert "Nguyễn Văn Mẫu" not in page.text
    form = forms_of(page)["unmask"]
    assert "Nguyễn Văn Mẫu" in an.post(form.path, form.filled(reason="asked for")).text
    assert [what for _, what in audited(store, "message.unmask")] == [ids[0]]


def test_one_message_is_retried_once(look: Look, store: Store, ids: list[str]) -> None:
    """Clicked twice it is once done; another person hears who did it, when and why."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    an = BrowserSession(look(store, name="an"))
    seen = forms_of(an.get(message(ids[0])))["retry"]
    form = forms_of(binh.get(message(ids[0])))["retry"]
    answers = [binh.post(form.path, form.filled(reason="repaired")) for _ in range(2)]
    assert [it.status_code for it in answers] == [303, 303]
    shown = binh.get(answers[0].headers["location"]).text
    assert "is being handled again" in shown
    assert "it waits to be handled" in shown
    assert states(store, *ids) == ["accepted", parked.PARKED, parked.PARKED]
    assert len(audited(store, "message.unpark")) == 1
    late = an.post(seen.path, seen.filled(reason="mine"))
    assert late.status_code == 409
    assert "not parked any more" in late.text
    assert "repaired" in late.text


def test_a_message_that_is_parked_for_another_cause_now_is_not_retried(
    look: Look, store: Store, ids: list[str]
) -> None:
    """What the person saw was another case."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    form = forms_of(binh.get(message(ids[0])))["retry"]
    with store.write() as tx:
        assert parked.retry(tx, [ids[0]])
    park(store, 1, "payload_invalid")
    answer = binh.post(form.path, form.filled(reason="x"))
    assert answer.status_code == 409
    assert "parked for another cause now (payload_invalid)" in answer.text
    assert states(store, ids[0]) == [parked.PARKED]


def test_all_of_a_kind_are_retried_together(look: Look, store: Store, ids: list[str]) -> None:
    """Other kinds stay; when nothing is left the page says so."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    form = forms_of(binh.get(KIND))["retry"]
    done = binh.post(form.path, form.filled(reason="the dossier is here"))
    assert "2 messages are being handled again" in binh.get(done.headers["location"]).text
    assert states(store, *ids) == ["accepted", "accepted", parked.PARKED]
    again = binh.post(form.path, {**form.filled(reason="x"), "form_id": new_form_id()})
    assert again.status_code == 409
    assert "another person was faster" in again.text


def propose(browser: BrowserSession, place: str) -> None:
    """Propose to discard what a page shows."""
    form = forms_of(browser.get(place))["discard"]
    answer = browser.post(form.path, form.filled(reason="test data"))
    assert answer.status_code == 303, answer.text
    assert "Proposed, number 1." in browser.get(answer.headers["location"]).text


def test_what_one_proposes_to_discard_is_gone_when_another_approves(
    look: Look, store: Store, ids: list[str]
) -> None:
    """Before it stays; both inboxes name the messages; the audit has the proposer."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    an = BrowserSession(look(store, name="an"))
    propose(binh, KIND)
    assert states(store, *ids) == [parked.PARKED] * 3
    assert ids[1] in binh.get("/approvals").text
    inbox = an.get("/approvals")
    assert "deleted for good" in inbox.text
    form = forms_of(inbox)["approve"]
    done = an.post(form.path, form.filled(reason="I agree"))
    assert "approved and done" in an.get(done.headers["location"]).text
    assert states(store, *ids) == [parked.DISCARDED, parked.DISCARDED, parked.PARKED]
    ((actor, what),) = audited(store, "message.drop")
    assert actor == "Trần Thị Bình (account binh)"
    assert what == ", ".join(ids[:2])
    assert "deleted" in binh.get(message(ids[0])).text
    decided = binh.get("/approvals").text
    assert "2 parked messages" in decided
    assert ids[0] not in decided, "what is decided is counted: 200 proposals name 100,000 messages"


def test_a_proposal_to_discard_a_kind_holds_only_what_its_page_counted(
    look: Look, store: Store, ids: list[str]
) -> None:
    """Not what was recorded before and parked after: nobody has seen that."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    form = forms_of(binh.get(KIND))["discard"]
    park(store, 4)
    assert binh.post(form.path, form.filled(reason="test data")).status_code == 303
    with store.read() as tx:
        known = approvals.numbered(tx, 1)
    assert known is not None
    assert known.proposal.expected == dict.fromkeys(ids[:2], CODE)


def test_all_messages_of_a_proposal_have_pages_of_their_own(
    look: Look, store: Store, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox shows the first ones; a person who decides can see each that goes."""
    monkeypatch.setattr(shown, "SHOWN", 1)
    monkeypatch.setattr(inbox, "PAGE", 1)
    propose(BrowserSession(look(store, role=UserRole.OPERATOR)), KIND)
    first, second = sorted(ids[:2])
    an = BrowserSession(look(store, name="an"))
    page = an.get("/approvals").text
    assert first in page
    assert second not in page
    assert "/approvals/1/messages" in page
    found = an.get("/approvals/1/messages").text
    assert first in found
    assert second not in found
    assert second in an.get(f"/approvals/1/messages?after={first}").text
    partner = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"}))))
    assert partner.get("/approvals/1/messages").status_code == 404
    assert an.get("/approvals/9/messages").status_code == 404


def test_nothing_is_proposed_where_one_of_the_counted_messages_is_gone(
    look: Look, store: Store, ids: list[str]
) -> None:
    """409 names it; the page that comes with it counts anew."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    form = forms_of(binh.get(KIND))["discard"]
    with store.write() as tx:
        parked.retry(tx, [ids[1]])
    answer = binh.post(form.path, form.filled(reason="test data"))
    assert answer.status_code == 409
    assert ids[1] in answer.text
    again = forms_of(answer)["discard"]
    assert binh.post(again.path, again.filled(reason="test data")).status_code == 303


@pytest.mark.parametrize("changed", ["taken up", "on hold"])
def test_an_approval_discards_nothing_where_one_of_the_messages_changed(
    look: Look, store: Store, ids: list[str], changed: str
) -> None:
    """All of a proposal or none; the inbox says why."""
    propose(BrowserSession(look(store, role=UserRole.OPERATOR)), KIND)
    with store.write() as tx:
        if changed == "taken up":
            parked.retry(tx, [ids[1]])
        else:
            holds.place(tx, number(2), actor="an", reason="court", now=now())
    before = states(store, *ids)
    an = BrowserSession(look(store, name="an"))
    form = forms_of(an.get("/approvals"))["approve"]
    done = an.post(form.path, form.filled(reason="x"))
    assert "not done: what it was about had changed" in an.get(done.headers["location"]).text
    assert states(store, *ids) == before
    assert audited(store, "message.drop") == []


def test_a_form_without_a_kind_or_a_message_is_refused(
    look: Look, store: Store, ids: list[str]
) -> None:
    """Never all parked messages by an oversight."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    for verb in ("retry", "discard"):
        for about in ({}, {"code": CODE}, {"type": "province.dossier", "code": CODE}):
            typed = {"form_id": new_form_id(), "reason": "x", **about}
            assert binh.post(f"/parked/{verb}", typed).status_code == 422
    assert states(store, *ids) == [parked.PARKED] * 3
    with store.read() as tx:
        assert len(parked.select(tx, ParkedFilter())) == 3
