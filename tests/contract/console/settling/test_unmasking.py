"""Personal data on the console: masked; shown for one view by right and reason, and audited."""

import sqlalchemy as sa

from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import dead
from tests.support.works import record

NAME = "Nguyễn Văn Mẫu"
BINH = "Trần Thị Bình (account binh)"


def reads(store: Store) -> list[tuple[str, str, str, str, bool]]:
    """Return what the audit has of reads."""
    with store.read() as tx:
        rows = tx.execute(sa.select(audit).order_by(audit.c.seq)).all()
    return [(row.actor, row.action, row.object, row.reason, row.allowed) for row in rows]


def test_personal_data_is_shown_for_one_view_and_audited(look: Look, store: Store) -> None:
    """With the reason; the page opened again is masked; shown again is audited again."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    browser = BrowserSession(look(store))
    page = browser.get(f"/deliveries/{id}")
    assert NAME not in page.text
    form = forms_of(page)["unmask"]
    for reason in ("the citizen is at the counter", "once more"):
        shown = browser.post(form.path, form.filled(reason=reason))
        assert shown.status_code == 200
        assert NAME in shown.text
        assert f"back=/deliveries/{id}" in shown.text  # the switch of the language leads to a page
        assert shown.headers["cache-control"] == "no-store"
    assert NAME not in browser.get(f"/deliveries/{id}").text
    assert reads(store) == [
        (BINH, "delivery.unmask", str(id), "the citizen is at the counter", True),
        (BINH, "delivery.unmask", str(id), "once more", True),
    ]


def test_without_a_reason_nothing_is_shown(look: Look, store: Store) -> None:
    """And nothing is audited."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(f"/deliveries/{id}"))["unmask"]
    answer = browser.post(form.path, form.filled(reason=" "))
    assert answer.status_code == 422
    assert NAME not in answer.text
    assert reads(store) == []


def test_personal_data_needs_its_own_right(look: Look, store: Store) -> None:
    """The IT operator acts and sees no name; a foreign scope sees no page; both are audited."""
    with store.write() as tx:
        id = dead(tx, record(1, 1))
    form = forms_of(look(store).get(f"/deliveries/{id}"))["unmask"]
    operator = BrowserSession(look(store, role=UserRole.OPERATOR))
    assert "unmask" not in forms_of(operator.get(f"/deliveries/{id}"))
    foreign = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"}))))
    for browser, status in ((operator, 403), (foreign, 404)):
        answer = browser.post(form.path, form.filled(reason="let me see"))
        assert answer.status_code == status
        assert NAME not in answer.text
    denied = (BINH, "console.denied", f"/deliveries/{id}/unmask", "let me see", False)
    assert reads(store) == [denied, denied]
