"""What a dossier's page says of its due date, versions and partners, and its control slip."""

import re
from datetime import timedelta
from typing import cast

import sqlalchemy as sa
from msgspec import structs

from hub.exchange.outbox.emit import emit
from hub.messages import catalog
from hub.messages.local_time import LOCAL
from hub.messages.payloads import Applicant, ProvinceDossier, Status
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import attempts, audit
from hub.store.schema.tables.records import dossiers as table
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import dead, sending
from tests.support.dossiers.slips import DUE, NAME, add_dossier, hand_over
from tests.support.works import AT, number, record

TOWN_IT = Scope(partners=frozenset({"town_center"}))


def test_a_due_date_is_counted_before_the_eyes_of_the_reader(look: Look, store: Store) -> None:
    """The rule, the day off by its name, the wait for papers and the date that comes of it."""
    with store.write() as tx:
        add_dossier(tx)
    page = look(store).get(f"/dossiers/{number(1)}").text
    assert "Time limit of procedure 2.000880 (in force since 01/07/2014): 15 working days." in page
    assert "Nobody has confirmed this limit" in page
    assert "03/09/2018: National Day (observed)" in page
    assert "The limit ends: 17:00 18/09/2018" in page
    assert "the clock stood for 8:00 office hours. New due date: 17:00 19/09/2018" in page
    assert "another one than this count gives" not in page


def test_a_due_date_that_cannot_be_counted_again_says_why(look: Look, store: Store) -> None:
    """Another date than the ward holds, or a procedure that the list does not have."""
    with store.write() as tx:
        add_dossier(tx, due=DUE + timedelta(days=1))
        add_dossier(tx, 2)
        unknown = sa.update(table).where(table.c.number == number(2))
        tx.execute(unknown.values(procedure="9.999999"))
    browser = look(store)
    page = browser.get(f"/dossiers/{number(1)}").text
    assert "another one than this count gives (17:00 19/09/2018)" in page
    page = browser.get(f"/dossiers/{number(2)}").text
    assert "the list has no procedure 9.999999 on the day of reception" in page


def test_versions_show_what_changed_to_those_who_may_read_content(look: Look, store: Store) -> None:
    """By field, personal values masked; a moment in another zone is no change."""
    payload = cast(ProvinceDossier, catalog.read(record(1, 2)))
    later = structs.replace(
        payload,
        status=Status.FINISHED,
        received_at=AT.astimezone(LOCAL),
        applicant=Applicant(name="Trần Văn Mẫu"),
    )
    changed = catalog.compose(later, time=AT, source="records", id="r-1-2")
    with store.write() as tx:
        emit(tx, [record(1, 1), changed], AT)
    path = f"/dossiers/{number(1)}"
    page = look(store).get(path).text
    assert "Versions of the record that were sent" in page
    section = page.partition('id="versions"')[2].partition("</section>")[0]
    assert re.findall(r"<code>(\w+)</code>", section) == ["chuHoSo", "trangThai"]
    assert "<td>2</td><td>9</td>" in section
    assert "Văn Mẫu" not in page


def test_what_a_partner_holds_otherwise_is_named_by_field(look: Look, store: Store) -> None:
    """The names that the look-up gave, and that values are not kept."""
    with store.write() as tx:
        id = dead(tx, record(1, 1), code="partner_conflict")
        of = attempts.c.delivery_id == id
        tx.execute(sa.update(attempts).where(of).values(differs="NgayHenTra, TenTTHC"))
    page = look(store).get(f"/dossiers/{number(1)}").text
    section = page.partition('id="partner-differs"')[2]
    assert "<code>NgayHenTra, TenTTHC</code>" in section
    assert "no values of the partner" in section


def test_a_slip_has_each_hand_over_with_both_acknowledgements(look: Look, store: Store) -> None:
    """Attempts that came to nothing are one row; a bar code and a line for the name stand there."""
    with store.write() as tx:
        add_dossier(tx)
        sending(tx, record(1, 1))
        hand_over(tx, "transient", "transient", "transient")
        hand_over(tx, "delivered", receipt="BN-77")
    page = look(store).get(f"/dossiers/{number(1)}/slip").text
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == 2
    assert "(3 attempts, the last" in rows
    assert "Receipt BN-77" in rows
    assert f'aria-label="{number(1)}"' in page
    assert '<span class="pen"></span>' in page
    assert NAME not in page
    assert look(store).get(f"/dossiers/{number(9)}/slip").status_code == 404


def test_a_slip_of_a_partner_has_its_own_hand_overs_alone(look: Look, store: Store) -> None:
    """As the dossier's page: nothing of the other partner."""
    with store.write() as tx:
        add_dossier(tx)
        town = record(1, 1)
        emit(tx, [town], AT)
        tx.exec_driver_sql("UPDATE deliveries SET destination = 'town_center'")
        hand_over(tx, "delivered", receipt="BN-77")
        hand_over(tx, "delivered", partner="town_center", receipt="T-5")
    path = f"/dossiers/{number(1)}/slip"
    shown = look(store, scope=TOWN_IT).get(path).text
    assert "T-5" in shown
    assert "BN-77" not in shown
    assert "BN-77" in look(store).get(path).text


def test_a_slip_names_the_applicant_for_a_reason_that_is_audited(look: Look, store: Store) -> None:
    """For who may see it; the page is the answer to the form, no address."""
    with store.write() as tx:
        add_dossier(tx)
    path = f"/dossiers/{number(1)}/slip"
    browser = BrowserSession(look(store))
    form = forms_of(browser.get(path))["unmask"]
    shown = browser.post(form.path, form.filled(reason="slip for the file"))
    assert shown.status_code == 200, shown.text
    assert NAME in shown.text
    assert NAME not in look(store).get(path).text
    with store.read() as tx:
        kept = tx.execute(sa.select(audit.c.action, audit.c.object, audit.c.reason)).all()
    assert ("dossier.unmask", number(1), "slip for the file") in [tuple(it) for it in kept]
    officer = look(store, role=UserRole.OPERATOR).get(path)
    assert NAME not in officer.text
