"""Printing from the console: once however often it is clicked, by right; and what of the tray."""

from pathlib import Path

import pytest

from hub.messages import catalog
from hub.operations.devices.printing import PrintingParts
from hub.records.papers.kinds import PaperKind
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.store.console import history
from hub.store.engine.store import Store
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.dossiers.printing import PRINTER, in_doubt, printing_in
from tests.support.dossiers.slips import add_dossier
from tests.support.works import number

PLACE = f"/dossiers/{number(1)}"
CHOSEN = {"paper": "control-slip", "printer": PRINTER, "copies": "1", "reason": "for the file"}


@pytest.fixture
def printing(tmp_path: Path, sqlite_store: Store) -> PrintingParts:
    """A printer, and a dossier of the ward."""
    with sqlite_store.write() as tx:
        add_dossier(tx)
    return printing_in(tmp_path)


def states(store: Store) -> list[str]:
    """Return the deliveries to printers."""
    with store.read() as tx:
        found = history.of_number(tx, number(1)).deliveries
    return [it.state for it in found if it.destination == catalog.DEVICES]


def test_a_paper_is_printed_once_however_often_it_is_clicked(
    look: Look, sqlite_store: Store, printing: PrintingParts
) -> None:
    """And not by a page that is older than another print of the dossier."""
    browser = BrowserSession(look(sqlite_store, printing=printing))
    form = forms_of(browser.get(PLACE))["print"]
    filled = form.filled(**CHOSEN)
    answers = [browser.post(form.path, filled) for _ in range(2)]
    assert [it.status_code for it in answers] == [303, 303]
    assert "was sent to printer-1" in browser.get(answers[1].headers["location"]).text
    assert states(sqlite_store) == [S.PENDING]
    page = browser.get(PLACE)
    assert "paper to print" in page.text or "devices.paper" in page.text
    stale = forms_of(page)["print"].filled(**CHOSEN, printed="0")
    refused = browser.post(form.path, stale)
    assert refused.status_code == 409
    assert "Meanwhile" in refused.text
    assert states(sqlite_store) == [S.PENDING]


@pytest.mark.parametrize(
    "typed", [{"paper": "bank-note"}, {"copies": "0"}, {"copies": "21"}, {"reason": ""}]
)
def test_what_is_typed_wrongly_prints_nothing(
    look: Look, sqlite_store: Store, printing: PrintingParts, typed: dict[str, str]
) -> None:
    """The page says which field, and keeps the rest."""
    browser = BrowserSession(look(sqlite_store, printing=printing))
    form = forms_of(browser.get(PLACE))["print"]
    assert browser.post(form.path, form.filled(**{**CHOSEN, **typed})).status_code == 422
    assert states(sqlite_store) == []


def test_who_may_only_see_prints_nothing_and_who_sees_no_names_prints_no_receipt(
    look: Look, sqlite_store: Store, printing: PrintingParts
) -> None:
    """The receipt names the applicant; the attempt is audited as a denial."""
    officer = BrowserSession(look(sqlite_store, printing=printing))
    form = forms_of(officer.get(PLACE))["print"]
    operator = BrowserSession(look(sqlite_store, role=UserRole.OPERATOR, printing=printing))
    assert 'value="receipt"' not in operator.get(PLACE).text
    own = forms_of(operator.get(PLACE))["print"]
    receipt = own.filled(**{**CHOSEN, "paper": "receipt"})
    assert operator.post(own.path, receipt).status_code == 403
    auditor = BrowserSession(look(sqlite_store, role=UserRole.AUDITOR, printing=printing))
    assert auditor.post(form.path, form.filled(**CHOSEN)).status_code in (403, 404)
    assert states(sqlite_store) == []


@pytest.mark.parametrize(
    ("kind", "status", "left"),
    [
        (PaperKind.RECEIPT, 403, [S.AMBIGUOUS]),
        (PaperKind.CONTROL_SLIP, 303, [S.CANCELLED, S.PENDING]),
    ],
)
def test_a_paper_with_names_is_printed_again_only_by_who_may_see_them(
    look: Look,
    sqlite_store: Store,
    printing: PrintingParts,
    kind: PaperKind,
    status: int,
    left: list[str],
) -> None:
    """As the first print; a paper without names is for an operator, too."""
    id = in_doubt(sqlite_store, printing, kind=kind)
    operator = BrowserSession(look(sqlite_store, role=UserRole.OPERATOR, printing=printing))
    form = forms_of(operator.get(f"/deliveries/{id}"))["resolve"]
    sent = operator.post(form.path, form.filled(found="absent", reason="looked at the tray"))
    assert sent.status_code == status
    assert sorted(states(sqlite_store)) == sorted(left)


@pytest.mark.parametrize(
    ("found", "left"), [("delivered", [S.DELIVERED]), ("absent", [S.CANCELLED, S.PENDING])]
)
def test_the_officer_is_asked_whether_it_is_on_the_tray(
    look: Look, sqlite_store: Store, printing: PrintingParts, found: str, left: list[str]
) -> None:
    """Yes settles it; no prints it again, once, and says that the copy is marked."""
    id = in_doubt(sqlite_store, printing)
    browser = BrowserSession(look(sqlite_store, printing=printing))
    page = browser.get(f"/deliveries/{id}")
    assert "Is it on the tray?" in page.text
    form = forms_of(page)["resolve"]
    filled = form.filled(found=found, reason="looked at the tray")
    for _ in range(2):
        answer = browser.post(form.path, filled)
        assert answer.status_code == 303, answer.text
    assert sorted(states(sqlite_store)) == sorted(left)
