"""A task on its page: closed once with a reason; an unknown code gets its meaning there."""

import pytest
import sqlalchemy as sa

from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.console import history
from hub.store.console.tasks import numbered
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import fault_classes
from hub.store.repair.tasks import TaskFinding
from hub.store.schema.tables.exchange import audit
from hub.texts import Text
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import TO, sending
from tests.support.works import AT, number, record

BINH = "Trần Thị Bình (account binh)"


def opened(store: Store, *, kind: str = "differs", subject: str = number(1)) -> None:
    """Have an open task, the first one."""
    finding = TaskFinding(
        kind=kind,
        subject=subject,
        destination=TO,
        owner="ward clerk",
        detail=Text("khác <b>", "differs <b>"),
        repair=Text("sửa", "repair it"),
    )
    with store.write() as tx:
        tasks.open_once(tx, finding, due_at=AT, now=AT)


def acts(store: Store) -> list[tuple[str, str, str, bool]]:
    """Return what the audit has: actor, action, object, whether it was allowed."""
    with store.read() as tx:
        rows = tx.execute(sa.select(audit).order_by(audit.c.seq)).all()
    return [(row.actor, row.action, row.object, row.allowed) for row in rows]


def test_a_task_is_closed_once_with_a_reason(look: Look, store: Store) -> None:
    """The page says who closed it and why; another person's old page is refused."""
    opened(store)
    browser = BrowserSession(look(store))
    assert 'href="/tasks/1"' in browser.get("/").text
    page = browser.get("/tasks/1")
    assert "differs &lt;b&gt;" in page.text
    assert f'href="/dossiers/{number(1)}"' in page.text
    first, second = forms_of(page)["close"], forms_of(browser.get("/tasks/1"))["close"]
    done = browser.post(first.path, first.filled(reason="corrected there"))
    assert "Task 1 is closed." in browser.get(done.headers["location"]).text
    assert "corrected there" in browser.get("/tasks/1").text
    assert forms_of(browser.get("/tasks/1")) == {}
    assert browser.post(second.path, second.filled(reason="me too")).status_code == 409
    assert acts(store) == [(BINH, "task.done", "1", True)]


def test_a_foreign_task_does_not_exist(look: Look, store: Store) -> None:
    """404, also for its forms; a partner's IT sees its own and closes none."""
    opened(store)
    form = forms_of(look(store).get("/tasks/1"))["close"]
    foreign = BrowserSession(look(store, scope=Scope(partners=frozenset({"town_center"}))))
    assert foreign.get("/tasks/1").status_code == 404
    assert foreign.post(form.path, form.filled(reason="x")).status_code == 404
    own = BrowserSession(look(store, role=UserRole.PROVINCE_IT))
    assert forms_of(own.get("/tasks/1")) == {}
    assert own.post(form.path, form.filled(reason="x")).status_code == 403
    for path in ("/tasks/0", "/tasks/2", f"/tasks/{2**70}"):
        assert own.get(path).status_code == 404


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("transient", S.WAITING), ("permanent", S.DEAD), ("delivered", S.DELIVERED)],
)
def test_an_unknown_code_gets_its_meaning_on_the_page_of_its_task(
    look: Look, sqlite_store: Store, verdict: str, state: S
) -> None:
    """For what waits with it; then the task is closed by itself."""
    store = sqlite_store
    opened(store, kind=fault_classes.KIND, subject=" E-99")
    with store.write() as tx:
        id = sending(tx, record(1, 1))
        code = "reply_unknown_code"
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code=code, detail="", partner_code="E-99"
        )
        fault_classes.count_reply(tx, TO, "", "E-99", now=AT)
    browser = BrowserSession(look(store))
    form = forms_of(browser.get("/tasks/1"))["classify"]
    assert browser.post(form.path, form.filled(reason="they say")).status_code == 422
    done = browser.post(form.path, form.filled(reason="they say", verdict=verdict))
    assert (
        "Code E-99 is classified: 1 deliveries go on." in browser.get(done.headers["location"]).text
    )
    with store.read() as tx:
        found, task = history.one_delivery(tx, id), numbered(tx, 1)
    assert found
    assert found.state == state
    assert task
    assert task.closed_at is not None
