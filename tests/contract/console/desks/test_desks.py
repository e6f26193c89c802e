"""A desk's page: one click is one call, and an old page changes nothing."""

import re

import pytest

from hub.console.frame.sent_form import new_form_id
from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store
from tests.contract.console.conftest import Look


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a page that goes to an address."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def test_a_click_calls_one_ticket_however_often(look: Look, sqlite_store: Store) -> None:
    """Issued at the reception, called at desk 1, served; the second click tells the same."""
    browser = look(sqlite_store)
    for _ in range(2):
        form = fields_of(browser.get("/desks").text, "/desks")
        browser.post("/desks", data={**form, "category": "A"}, headers=OWN)
    form = fields_of(browser.get("/desks/1").text, "/desks/1/next")
    answers = [browser.post("/desks/1/next", data=form, headers=OWN) for _ in range(3)]
    assert {it.headers["location"] for it in answers} == {f"/desks/1?done={form['form_id']}"}
    page = browser.get(answers[0].headers["location"]).text
    assert "Ticket A001 was called to desk 1." in page
    assert "Waiting for this desk: 1" in page
    served = fields_of(page, "/desks/1/ticket")
    assert served["act"] == "served"
    done = browser.post("/desks/1/ticket", data=served, headers=OWN)
    assert "Ticket A001 was served." in browser.get(done.headers["location"]).text
    again = browser.post("/desks/1/ticket", data={**served, "form_id": new_form_id()}, headers=OWN)
    assert again.status_code == 409
    assert "has changed meanwhile: served" in again.text


OWN = {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize("role", [UserRole.PROVINCE_IT, UserRole.AUDITOR])
def test_a_partner_sees_no_queue(look: Look, sqlite_store: Store, role: UserRole) -> None:
    """Nor does who may not act."""
    browser = look(sqlite_store, role=role)
    assert browser.get("/desks").status_code == 403
    assert browser.post("/desks/1/next", data={}, headers=OWN).status_code in (403, 422)
    assert "/desks" not in browser.get("/").text


def test_a_desk_that_is_not_in_the_plan_is_not_there(look: Look, sqlite_store: Store) -> None:
    """Whatever stands in the address."""
    assert look(sqlite_store).get("/desks/99").status_code == 404
