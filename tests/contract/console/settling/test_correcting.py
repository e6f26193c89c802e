"""A corrected copy on the console: field by field, checked, its difference shown, then proposed."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.console.settling.shown_mark import LASTS, Viewer
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.store.console import history
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Clock, Look
from tests.support.browser_session import BrowserSession, Form, forms_of
from tests.support.console import dead
from tests.support.works import now, record

NAME = "Nguyễn Văn Mẫu"


def the_form(browser: BrowserSession, id: int) -> Form:
    """Return the form with the fields."""
    return forms_of(browser.get(f"/deliveries/{id}/correct"))["check"]


def payload(store: Store, id: int) -> str:
    """Return what a delivery carries."""
    with store.read() as tx:
        message = history.message_of(tx, id)
    assert message
    return bytes(message.payload).decode()


def test_a_corrected_copy_is_checked_proposed_approved_and_sent(
    look: Look, store: Store, id: int
) -> None:
    """By an operator without the right to names: they stay as they are, unseen."""
    binh = BrowserSession(look(store, role=UserRole.OPERATOR))
    assert f'href="/deliveries/{id}/correct"' in binh.get(f"/deliveries/{id}").text
    page = binh.get(f"/deliveries/{id}/correct")
    assert NAME not in page.text
    assert 'name="f.chuHoSo.hoTen"' not in page.text
    assert 'name="f.maHoSo"' not in page.text
    form = the_form(binh, id)
    typed = {"f.donViXuLy": "UBND phường <Hương Xuân>", "f.trangThai": "3"}
    checked = binh.post(form.path, form.filled(**typed))
    assert checked.status_code == 200
    assert "UBND phường &lt;Hương Xuân&gt;" in checked.text
    proposal = forms_of(checked)["propose"]
    assert proposal.hidden["f.trangThai"] == "3"
    sent = binh.post(proposal.path, proposal.filled(reason="the unit was renamed"))
    assert sent.headers["location"].startswith(f"/deliveries/{id}?done=")
    an = BrowserSession(look(store, name="an"))
    inbox = an.get("/approvals")
    assert "UBND phường &lt;Hương Xuân&gt;" in inbox.text
    assert NAME not in inbox.text
    form = forms_of(inbox)["approve"]
    done = an.post(form.path, form.filled(reason="right"))
    assert "approved and done" in an.get(done.headers["location"]).text
    with store.read() as tx:
        old, new = history.one_delivery(tx, id), history.one_delivery(tx, id + 1)
    assert old
    assert new
    assert (old.state, new.state) == (S.CANCELLED, S.PENDING)
    assert '"donViXuLy":"UBND phường <Hương Xuân>"' in payload(store, id + 1)
    assert NAME in payload(store, id + 1)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"f.donViXuLy": ""}, "donViXuLy"),
        ({"f.phienBan": "two"}, "Field phienBan: type a whole number."),
        ({"f.trangThai": "11"}, "Field trangThai: choose one of the list."),
        ({"f.ngayHenTra": "tomorrow"}, "ngayHenTra"),
        ({}, "nothing differs"),
        ({"f.chuHoSo.hoTen": "Ai Đó Khác"}, "nothing differs"),
        ({"f.maHoSo": "000.99.01.H57-180806-0002"}, "nothing differs"),
        ({"f.noSuch": "x"}, "nothing differs"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    look: Look, sqlite_store: Store, typed: dict[str, str], told: str
) -> None:
    """And what was typed stays; a masked field, and the number, cannot be changed by hand."""
    with sqlite_store.write() as tx:
        id = dead(tx, record(1, 1))
    browser = BrowserSession(look(sqlite_store))
    form = the_form(browser, id)
    answer = browser.post(form.path, form.filled(**(typed | {"f.tenTTHC": "Đăng ký khai sinh"})))
    assert answer.status_code in (409, 422)
    assert told in answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "propose" not in forms_of(answer)
    for value in typed.values():
        assert value in answer.text or "f.chuHoSo" in str(typed) or "f.maHoSo" in str(typed)


def test_personal_data_is_corrected_by_who_was_shown_it(look: Look, store: Store, id: int) -> None:
    """With a reason, in the audit; the inbox says only that a name differs."""
    browser = BrowserSession(look(store, name="an"))
    page = browser.get(f"/deliveries/{id}/correct")
    assert NAME not in page.text
    unmask = forms_of(page)["unmask"]
    shown = browser.post(unmask.path, unmask.filled(reason="the name is misspelt"))
    assert NAME in shown.text
    form = forms_of(shown)["check"]
    checked = browser.post(form.path, form.filled(**{"f.chuHoSo.hoTen": "Nguyễn Văn Mẩu"}))
    assert "<td>Nguyễn Văn Mẩu</td>" in checked.text
    proposal = forms_of(checked)["propose"]
    sent = browser.post(proposal.path, proposal.filled(reason="as on the identity card"))
    assert sent.status_code == 303, sent.text
    inbox = BrowserSession(look(store)).get("/approvals").text
    assert "chuHoSo.hoTen" in inbox
    assert "Mẩu" not in inbox


def unmasked_form(browser: BrowserSession, id: int) -> Form:
    """Return the form with the fields after personal data was shown with a reason."""
    unmask = forms_of(browser.get(f"/deliveries/{id}/correct"))["unmask"]
    return forms_of(browser.post(unmask.path, unmask.filled(reason="misspelt")))["check"]


@pytest.mark.parametrize("step", ["check", "propose"])
def test_a_form_that_only_claims_a_view_shows_no_personal_data(
    look: Look, sqlite_store: Store, step: str
) -> None:
    """A mark made by hand, one of another person, one of another delivery, one that is over."""
    with sqlite_store.write() as tx:
        id, other = dead(tx, record(1, 1)), dead(tx, record(2, 1))
    clock = Clock()
    an = BrowserSession(look(sqlite_store, name="an", clock=clock))
    binh = BrowserSession(look(sqlite_store, clock=clock))
    foreign = unmasked_form(an, id).hidden["unmasked"]
    elsewhere = unmasked_form(binh, other).hidden["unmasked"]
    old = unmasked_form(binh, id).hidden["unmasked"]
    clock.pass_by(LASTS)
    plain = the_form(binh, id)
    typed = {"form_id": "x" * 22, "reason": "x", "f.donViXuLy": "UBND phường"}
    for mark in ("yes", foreign, elsewhere, old):
        form = plain.filled(**typed, unmasked=mark)
        answer = binh.post(f"/deliveries/{id}/correct/{step}", form)
        assert answer.status_code == 422, mark
        assert NAME not in answer.text
        assert "Show personal data again" in answer.text


def test_a_mark_of_a_view_is_of_its_session() -> None:
    """Another session of the same person gives the reason again."""
    viewer = Viewer(session="binh:1", user="binh", delivery=1)
    mark = viewer.mark(now())
    assert viewer.was_shown(mark, now())
    assert not replace(viewer, session="binh:2").was_shown(mark, now())


def test_a_check_without_the_right_to_names_shows_none_and_is_audited(
    look: Look, sqlite_store: Store
) -> None:
    """A mark that was right until the role was changed; and one of a person who only sees."""
    with sqlite_store.write() as tx:
        id = dead(tx, record(1, 1))
    form = unmasked_form(BrowserSession(look(sqlite_store)), id)
    typed = form.filled(**{"f.tenTTHC": "Đăng ký khai sinh"})
    answer = BrowserSession(look(sqlite_store, role=UserRole.OPERATOR)).post(form.path, typed)
    assert answer.status_code == 422
    assert NAME not in answer.text
    town_it = BrowserSession(look(sqlite_store, role=UserRole.TOWN_IT))
    assert town_it.post(form.path, typed).status_code == 403
    with sqlite_store.read() as tx:
        rows = tx.execute(sa.select(audit).where(sa.not_(audit.c.allowed))).all()
    assert [(row.action, row.object) for row in rows] == [("console.denied", form.path)]


def test_a_correction_needs_its_rights(look: Look, sqlite_store: Store) -> None:
    """404 outside of the scope and for a role without content, 403 for one that only sees."""
    with sqlite_store.write() as tx:
        id = dead(tx, record(1, 1))
    path = f"/deliveries/{id}/correct"
    assert look(sqlite_store, role=UserRole.AUDITOR).get(path).status_code == 404
    assert look(sqlite_store, role=UserRole.PROVINCE_IT).get(path).status_code == 403
    assert look(sqlite_store).get("/deliveries/77/correct").status_code == 404
