"""The search by an applicant's name: for whom, with a reason, audited, and in no address."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.messages.payloads import Applicant
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.console import finding_names
from hub.store.engine.store import Store
from hub.store.records import dossiers
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Look
from tests.contract.records.test_batch_state import dossier
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.works import number

NAMES = {1: "Nguyễn Văn <Á>", 2: "Nguyễn Thị Mẫu", 3: "Trần Văn Thử"}


@pytest.fixture
def people(store: Store) -> Store:
    """Dossiers of three persons; the third is of another sector."""
    with store.write() as tx:
        for n, name in NAMES.items():
            sector = "land" if n < 3 else "justice"
            made = replace(dossier(number(n)), applicant=Applicant(name=name), sector=sector)
            assert dossiers.add(tx, made)
    return store


def audited(store: Store) -> list[tuple[str, str, bool]]:
    """Return what was searched for by name: object, reason, allowed."""
    query = sa.select(audit.c.object, audit.c.reason, audit.c.allowed).order_by(audit.c.seq)
    query = query.where(audit.c.action.in_(["dossier.find_by_name", "console.denied"]))
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(query)]


def asked(browser: BrowserSession, typed: str, **more: str) -> str:
    """Type into the box and give a reason; return the page of what was found."""
    offered = browser.post("/search", {"q": typed})
    assert offered.status_code == 200, offered.headers
    form = forms_of(offered)["names"]
    answer = browser.post(form.path, form.filled(reason="lost receipt", **more))
    assert answer.status_code == 200
    return answer.text


def test_a_name_finds_its_dossiers_with_a_reason(look: Look, people: Store) -> None:
    """Without marks, too. The audit keeps what was shown and why, not the name."""
    browser = BrowserSession(look(people))
    page = asked(browser, "nguyen van a")
    assert number(1) in page
    assert "Nguyễn Văn &lt;Á&gt;" in page
    assert number(2) not in page
    assert audited(people) == [(number(1), "lost receipt", True)]
    assert "No dossier of a person named “Lê Văn Ai”" in asked(browser, "Lê Văn Ai")
    assert audited(people)[1:] == [("", "lost receipt", True)]


def test_nothing_is_shown_without_a_reason(look: Look, people: Store) -> None:
    """422, with what was typed."""
    browser = BrowserSession(look(people))
    form = forms_of(browser.post("/search", {"q": "nguyen"}))["names"]
    answer = browser.post(form.path, form.filled(reason=" "))
    assert answer.status_code == 422
    assert number(1) not in answer.text
    assert forms_of(answer)["names"].hidden["q"] == "nguyen"
    assert audited(people) == []


@pytest.mark.parametrize("role", [UserRole.OPERATOR, UserRole.PROVINCE_IT])
def test_whoever_may_not_see_names_is_told_so(look: Look, people: Store, role: UserRole) -> None:
    """The same box; a form made by hand is refused and audited, without the name."""
    browser = BrowserSession(look(people, role=role))
    page = browser.post("/search", {"q": "nguyen"})
    assert "Names are not searched for this account" in page.text
    assert "names" not in forms_of(page)
    form = forms_of(BrowserSession(look(people)).post("/search", {"q": "nguyen"}))["names"]
    assert browser.post(form.path, form.filled(reason="curious")).status_code == 403
    assert audited(people) == [("/search/names", "curious", False)]


def test_an_officer_finds_the_own_sector_page_by_page(
    look: Look, people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another sector has is not there; the next page has what the first has not."""
    monkeypatch.setattr(finding_names, "PAGE", 1)
    land = Scope(sectors=frozenset({"land"}))
    browser = BrowserSession(look(people, role=UserRole.OFFICER, scope=land))
    assert number(3) not in asked(browser, "tran")
    offered = forms_of(browser.post("/search", {"q": "nguyen"}))["names"]
    first = browser.post(offered.path, offered.filled(reason="lost receipt"))
    more = forms_of(first)["names"]
    second = browser.post(more.path, more.hidden)
    shown = [[n for n in NAMES if number(n) in page.text] for page in (first, second)]
    assert sorted(shown) == [[1], [2]]
    for bent in ('["x"]', '[0, "\\u0000", "x"]', '[-7, "", "\\u0000"]'):
        assert browser.post(more.path, more.hidden | {"after": bent}).status_code == 200


def test_the_box_leads_to_numbers_and_filters_by_their_address(look: Look, people: Store) -> None:
    """A number or filters can be shared; a name stands in no address."""
    browser = BrowserSession(look(people))
    answer = browser.post("/search", {"q": number(1), "state": "dead", "unknown": "x"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/search?q={number(1)}&state=dead"
    born = browser.post("/search", {"q": "Nguyễn Văn Á 1985"})
    assert born.status_code == 200, "a name with a year of birth stands in no address, either"
    assert browser.post("/search", {"older_h": "x"}).headers["location"] == "/search?older_h=x"
    assert browser.get("/search?older_h=x").status_code == 422
    assert "names" in forms_of(browser.get("/search?q=nguyen"))
    elsewhere = browser.client.post("/search", data={"q": "nguyen"})
    assert elsewhere.status_code == 403
