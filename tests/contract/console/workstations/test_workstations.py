"""The page of the workstations: what each says of itself, a code for a new one, and its end."""

import re

import pytest

from hub.console.frame.sent_form import new_form_id
from hub.operations.edge import enrolling, reporting
from hub.rules.edge.protocol import EdgeDevice, EdgeHeartbeat
from hub.rules.users.rights import UserRole
from hub.runtime.clock import utc_now
from hub.store.edge import agents, sequences
from hub.store.edge.sequences import Arrived
from hub.store.engine.store import Store
from tests.contract.console.conftest import Look
from tests.support.gateway.edge_agent import enrolled, signed

OWN = {"sec-fetch-site": "same-origin"}
AGENCY = "000.99.01.H57"


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form of a page that goes to an address."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def report(store: Store, *devices: str, skew_ms: int = 0) -> None:
    """Have the agent `quay-2` report."""
    said = EdgeHeartbeat(
        version="0.3.0",
        spool="0" * 32,
        waiting=17,
        refused=2,
        oldest_at=utc_now(),
        used_bytes=5 * 2**20,
        budget_bytes=2048 * 2**20,
        room_days=41,
        skew_ms=skew_ms,
        devices=[EdgeDevice(name=it, kind="printer") for it in devices],
        papers=3,
    )
    with store.write() as tx:
        reporting.heartbeat(tx, "quay-2", said, now=utc_now())


def test_a_new_workstation_gets_a_code_that_is_shown_once(look: Look, sqlite_store: Store) -> None:
    """The code enrols it; without a reason, or with a name that is none, nothing is made."""
    browser = look(sqlite_store, clock=utc_now)
    form = fields_of(browser.get("/workstations").text, "/workstations")
    wanted = {**form, "agent": "quay-2", "agency": AGENCY}
    assert browser.post("/workstations", data=wanted, headers=OWN).status_code == 422
    odd = {**wanted, "agent": "Quầy 2", "reason": "new"}
    assert browser.post("/workstations", data=odd, headers=OWN).status_code == 422
    for agency in ("Phường Mẫu", "000.99.01.h57", "H57-261130"):
        strange = {**wanted, "agency": agency, "reason": "new desk"}
        refused = browser.post("/workstations", data=strange, headers=OWN)
        assert refused.status_code == 422
        assert "is no agency" in refused.text
    again = {**wanted, "reason": "new desk", "form_id": new_form_id()}
    answer = browser.post("/workstations", data=again, headers=OWN)
    (code,) = re.findall(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>", answer.text)
    assert code not in browser.get("/workstations").text
    made = enrolling.enrol(sqlite_store, code, devices=["may-in"], address="", now=utc_now())
    assert made is not None
    assert (made.agent, made.agency) == ("quay-2", AGENCY)


def test_the_page_tells_how_an_agent_is_and_revokes_it_as_it_was_seen(
    look: Look, sqlite_store: Store
) -> None:
    """Spool, room, clock, version, papers; what changed since the page was made is not decided."""
    enrolled(sqlite_store, "quay-2", agency=AGENCY)
    report(sqlite_store, "may-in", skew_ms=-90_000)
    browser = look(sqlite_store, clock=utc_now)
    page = browser.get("/workstations").text
    for shown in ("quay-2", "17", "refused: 2", "41 days", "5 / 2,048 MB", "+90.0 s", "0.3.0"):
        assert shown in page, shown
    action = "/workstations/quay-2/revoke"
    form = {**fields_of(page, action), "reason": "stolen"}
    enrolling.add(sqlite_store, "quay-2", by=signed("set up again"))
    refused = browser.post(action, data=form, headers=OWN)
    assert refused.status_code == 409
    assert "has changed since the page was opened" in refused.text
    assert "made a code for a workstation" in refused.text
    fresh = {**fields_of(refused.text, action), "reason": "stolen"}
    done = [browser.post(action, data=fresh, headers=OWN) for _ in range(2)]
    assert [it.status_code for it in done] == [303, 303]
    assert "quay-2" in browser.get(done[0].headers["location"]).text
    with sqlite_store.read() as tx:
        known = agents.find(tx, "quay-2")
        rows = tx.exec_driver_sql(
            "SELECT actor, object, reason FROM audit WHERE action = 'edge.revoke'"
        ).all()
    assert known is not None
    assert known.revoked_at is not None
    assert [(row[1], row[2]) for row in rows] == [("quay-2", "stolen")]
    assert "Trần Thị Bình" in rows[0][0]


def test_a_new_device_is_accepted_by_a_person(look: Look, sqlite_store: Store) -> None:
    """Until then it is a finding; only what the page named is taken."""
    enrolled(sqlite_store, "quay-2")
    report(sqlite_store, "may-in")
    report(sqlite_store, "may-in", "la")
    browser = look(sqlite_store, clock=utc_now)
    action = "/workstations/quay-2/accept-devices"
    page = browser.get("/workstations").text
    assert "was not enrolled with: la." in page
    form = {**fields_of(page, action), "reason": "new printer"}
    assert browser.post(action, data=form, headers=OWN).status_code == 303
    report(sqlite_store, "may-in", "la")
    assert action not in browser.get("/workstations").text


def missing(store: Store, *arrived: int) -> None:
    """Have events of the agent come, and its report afterwards."""
    with store.write() as tx:
        sequences.arrive(tx, Arrived("quay-2", "0" * 32, "may-in", arrived), now=utc_now())
    report(store, "may-in", "la")


def test_what_came_after_the_page_was_made_is_not_accepted(look: Look, sqlite_store: Store) -> None:
    """A further device, and further events that are missing: nobody has seen them."""
    enrolled(sqlite_store, "quay-2")
    report(sqlite_store, "may-in")
    missing(sqlite_store, 1, 3)
    browser = look(sqlite_store, clock=utc_now)
    page = browser.get("/workstations").text
    devices, gaps = (f"/workstations/quay-2/accept-{it}" for it in ("devices", "gaps"))
    form = {**fields_of(page, gaps), "reason": "lost with the old disk"}
    missing(sqlite_store, 9)
    assert browser.post(gaps, data=form, headers=OWN).status_code == 409
    form = {**fields_of(browser.get("/workstations").text, devices), "reason": "new printer"}
    report(sqlite_store, "may-in", "la", "strange")
    assert browser.post(devices, data=form, headers=OWN).status_code == 409
    for action in (gaps, devices):
        form = {**fields_of(browser.get("/workstations").text, action), "reason": "seen"}
        assert browser.post(action, data=form, headers=OWN).status_code == 303


@pytest.mark.parametrize("role", [UserRole.PROVINCE_IT, UserRole.AUDITOR])
def test_who_may_not_act_decides_nothing(look: Look, sqlite_store: Store, role: UserRole) -> None:
    """An attempt is refused; no form is offered."""
    enrolled(sqlite_store, "quay-2")
    browser = look(sqlite_store, role=role, clock=utc_now)
    assert "<form" not in browser.get("/workstations").text.partition("<main")[2]
    data = {"form_id": new_form_id(), "reason": "x", "version": "x"}
    for action in ("/workstations/quay-2/revoke", "/workstations"):
        assert browser.post(action, data={**data, "agent": "a-b"}, headers=OWN).status_code == 403
