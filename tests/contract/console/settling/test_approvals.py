"""Acts of two persons on the console: proposed on a page, decided in the inbox, done once."""

import pytest
import sqlalchemy as sa

from hub.operations.approvals import deciding
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.console import history
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.works import AT


def state(store: Store, id: int) -> str:
    """Return where a delivery stands."""
    with store.read() as tx:
        found = history.one_delivery(tx, id)
    assert found
    return found.state


def proposed(browser: BrowserSession, id: int, verb: str = "cancel") -> None:
    """Propose on the delivery's page."""
    form = forms_of(browser.get(f"/deliveries/{id}"))[verb]
    answer = browser.post(form.path, form.filled(reason="a <wrong> copy"))
    assert answer.status_code == 303, answer.text
    assert "Proposed, number 1." in browser.get(answer.headers["location"]).text


def test_what_one_proposes_another_approves_and_it_is_done(
    look: Look, store: Store, id: int
) -> None:
    """Both see it; the proposer cannot approve; the count of the navigation goes up and down."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    an = BrowserSession(look(store, name="an"))
    proposed(binh, id)
    assert state(store, id) == S.DEAD
    own = binh.get("/approvals")
    assert list(forms_of(own)) == ["withdraw"]
    assert "waits for a second person" not in own.text  # it says until when, instead
    assert binh.get("/live/approvals").text == "0"
    assert an.get("/live/approvals").text == "1"
    assert 'data-count="/live/approvals">1<' in an.get("/search").text
    inbox = an.get("/approvals")
    assert "a &lt;wrong&gt; copy" in inbox.text
    assert "is cancelled and does not arrive" in inbox.text
    form = forms_of(inbox)["approve"]
    answer = an.post(form.path, form.filled(reason="I agree"))
    assert answer.status_code == 303
    assert "Proposal 1: approved and done." in an.get(answer.headers["location"]).text
    assert state(store, id) == S.CANCELLED
    assert an.get("/live/approvals").text == "0"
    assert an.post(form.path, form.filled(reason="I agree")).status_code == 303
    assert "approved and done" in binh.get("/approvals").text


def test_the_inbox_goes_on_page_by_page(
    look: Look, store: Store, id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For who decides and for who proposed; a form that is refused shows its own proposal."""
    monkeypatch.setattr(deciding, "PAGE", 1)
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    an = BrowserSession(look(store, name="an"))
    proposed(binh, id)
    form = forms_of(binh.get(f"/deliveries/{id}"))["cancel"]
    assert binh.post(form.path, form.filled(reason="again", neither="yes")).status_code == 303
    assert "Waiting for you: 2" in (first := an.get("/approvals").text)
    assert "/approvals?decide=2" in first
    assert "/approvals/1/approve" in first
    assert "/approvals/2/approve" not in first
    second = an.get("/approvals?decide=2")
    assert "/approvals/2/approve" in second.text
    assert "?decide" not in second.text
    assert "/approvals?own=1" in binh.get("/approvals").text
    assert "/approvals/1/withdraw" in binh.get("/approvals?own=1").text
    form = forms_of(second)["approve"]
    refused = an.post(form.path, form.filled(reason=""))
    assert refused.status_code == 422
    assert "/approvals/2/approve" in refused.text


def test_the_count_of_every_page_reads_nothing_that_proposals_hold(
    look: Look, store: Store, id: int
) -> None:
    """A proposal may name hundreds of messages, and a person may have made hundreds of them."""
    proposed(BrowserSession(look(store, role=UserRole.OPERATOR)), id)
    an = BrowserSession(look(store, name="an"))
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        read.append(statement)

    sa.event.listen(store.engine, "before_cursor_execute", note)
    assert an.get("/live/approvals").text == "1"
    sa.event.remove(store.engine, "before_cursor_execute", note)
    asked = [it for it in read if "FROM approvals" in it]
    assert asked
    assert not [it for it in asked if "expected" in it or "terms" in it]


def test_nobody_approves_the_own_proposal(look: Look, store: Store, id: int) -> None:
    """Not by a form made by hand either; it can be withdrawn."""
    an = BrowserSession(look(store, name="an"))
    proposed(an, id)
    form = forms_of(an.get("/approvals"))["withdraw"]
    by_hand = an.post("/approvals/1/approve", form.filled(reason="I agree"))
    assert by_hand.status_code == 409
    assert "Nobody approves the own proposal" in by_hand.text
    assert an.post(form.path, form.filled(reason="no need")).status_code == 303
    assert state(store, id) == S.DEAD
    assert forms_of(an.get("/approvals")) == {}


def test_what_has_changed_meanwhile_is_shown_and_not_done(
    look: Look, store: Store, id: int
) -> None:
    """The inbox warns; an approval all the same ends the proposal without effect."""
    proposed(BrowserSession(look(store, role=UserRole.OPERATOR)), id, "unasked")
    with store.write() as tx:
        transitions.replay(tx, id, now=AT)
    an = BrowserSession(look(store, name="an"))
    inbox = an.get("/approvals")
    assert "has changed (now: pending)" in inbox.text
    form = forms_of(inbox)["approve"]
    answer = an.post(form.path, form.filled(reason="x"))
    assert "not done: what it was about had changed" in an.get(answer.headers["location"]).text
    assert state(store, id) == S.PENDING


def test_a_foreign_proposal_does_not_exist(look: Look, store: Store, id: int) -> None:
    """404 outside of the scope and for a number that is none; it is in no inbox."""
    proposed(BrowserSession(look(store, role=UserRole.OPERATOR)), id)
    town = Scope(partners=frozenset({"town_center"}))
    an = BrowserSession(look(store, name="an", scope=town))
    assert forms_of(an.get("/approvals")) == {}
    typed = {"form_id": "x" * 22, "reason": "x"}
    for number in (1, 2, 0, 2**70):
        assert an.post(f"/approvals/{number}/approve", typed).status_code == 404
    assert an.post("/approvals/1/eat", typed).status_code == 422
    assert state(store, id) == S.DEAD


def test_a_refused_proposal_says_why(look: Look, store: Store, id: int) -> None:
    """To its proposer, in the own inbox."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    proposed(binh, id)
    an = BrowserSession(look(store, name="an"))
    form = forms_of(an.get("/approvals"))["refuse"]
    assert an.post(form.path, form.filled(reason="send it corrected")).status_code == 303
    assert "send it corrected" in binh.get("/approvals").text
    assert state(store, id) == S.DEAD


def test_the_second_person_sees_what_a_correction_does_to_personal_data(
    look: Look, store: Store, id: int
) -> None:
    """Told plainly that it does; shown for one view by right and reason, and audited."""
    an = BrowserSession(look(store, name="an"))
    binh = BrowserSession(look(store, role=UserRole.DEPUTY))
    page = binh.get(f"/deliveries/{id}/correct")
    for step, typed in (
        ("unmask", {"reason": "a letter"}),
        ("check", {"f.chuHoSo.hoTen": "Nguyễn Văn Mẩu"}),
        ("propose", {"reason": "as on the card"}),
    ):
        form = forms_of(page)[step]
        page = binh.post(form.path, form.filled(**typed))
    inbox = an.get("/approvals")
    assert "changes personal data: chuHoSo.hoTen." in inbox.text
    assert "Nguyễn Văn M" not in inbox.text
    form = forms_of(inbox)["unmask"]
    assert "Nguyễn Văn M" not in an.post(form.path, form.filled(reason=" ")).text
    shown = an.post(form.path, form.filled(reason="to compare with the card"))
    assert "<td>Nguyễn Văn Mẫu</td><td>Nguyễn Văn Mẩu</td>" in shown.text
    assert "approve" in forms_of(shown)
    assert "Nguyễn Văn M" not in an.get("/approvals").text
    with store.read() as tx:
        rows = tx.execute(sa.select(audit).order_by(audit.c.seq)).all()
    assert (rows[-1].action, rows[-1].object, rows[-1].reason) == (
        "delivery.unmask",
        str(id),
        "to compare with the card",
    )
    operator = BrowserSession(look(store, role=UserRole.OPERATOR))
    assert "unmask" not in forms_of(operator.get("/approvals"))
    town = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"})), name="an"))
    for browser, number, status in ((operator, 1, 403), (town, 1, 404), (an, 2, 404)):
        path = f"/approvals/{number}/unmask"
        answer = browser.post(path, form.filled(reason="let me see"))
        assert answer.status_code == status
        assert "Nguyễn Văn M" not in answer.text


@pytest.mark.parametrize("verb", ["approve", "refuse", "withdraw", "unmask"])
def test_a_number_that_no_proposal_can_have_is_not_there(
    look: Look, store: Store, id: int, verb: str
) -> None:
    """Whatever the form lacks besides: 404, no error of the database."""
    an = BrowserSession(look(store, name="an"))
    proposed(BrowserSession(look(store, role=UserRole.OPERATOR)), id)
    form = forms_of(an.get("/approvals"))["approve"]
    for reason in ("", "x"):
        answer = an.post(f"/approvals/{10**30}/{verb}", form.filled(reason=reason))
        assert answer.status_code == 404
