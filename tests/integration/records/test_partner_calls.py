"""What a partner says about a dossier: what it does to it, and who is told."""

from datetime import timedelta

import pytest

from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, decode_stored
from hub.store.evidence import handovers
from hub.store.records import legs, papers
from hub.store.repair import tasks as repair_tasks
from hub.store.schema.tables.records import dossier_events
from tests.support.ward import (
    BIRTH,
    LAND,
    MONDAY,
    NUMBER,
    Ward,
    progress,
    reception,
    scan,
    town,
    transferred,
)

S = p.Status
BY = {"officer": "Lê Thị Thử", "unit": "Sở Thử"}
OTHER_LAND = "1.012753"


@pytest.fixture
def ward(either_ward: Ward) -> Ward:
    """A ward with an empty store of either kind."""
    return either_ward


def say(
    ward: Ward, payload: p.Payload, *files: Attachment, source: str = catalog.PROVINCIAL
) -> None:
    """Have a partner say something, and let it be handled."""
    message = catalog.compose(payload, time=MONDAY, source=source, attachments=files)
    ward.intake.accept(message)
    ward.settle()


def submission(procedure: str = BIRTH) -> p.DossierSubmitted:
    """Return an online submission, an hour before the ward takes it in."""
    received = reception(procedure)
    return p.DossierSubmitted(
        number=NUMBER,
        procedure=procedure,
        applicant=received.applicant,
        submitted_at=MONDAY - timedelta(days=3),
        components=received.components,
    )


def status(new: p.Status, hours: float) -> p.StatusSet:
    """Return a status that a partner sets."""
    return p.StatusSet(number=NUMBER, status=new, at=MONDAY + timedelta(hours=hours), **BY)


def timeline(ward: Ward) -> list[tuple[int, bool]]:
    """Return the events of the dossier: status and whether it was applied."""
    with ward.store.read() as tx:
        rows = tx.execute(dossier_events.select().order_by(dossier_events.c.id)).all()
    return [(row.status, row.applied) for row in rows]


def notes(ward: Ward) -> list[str]:
    """Return the notes of the dossier's events."""
    with ward.store.read() as tx:
        rows = tx.execute(dossier_events.select().order_by(dossier_events.c.id)).all()
    return [row.note for row in rows]


def test_what_the_province_submits_is_registered_and_its_record_confirmed(ward: Ward) -> None:
    """The dossier waits for an officer; the province gets the due date and no step."""
    say(ward, submission())
    dossier = ward.dossier()
    assert (dossier.status, dossier.channel) == (S.REGISTERED, p.Channel.ONLINE)
    (record,) = ward.everything_sent()
    assert isinstance(record, p.ProvinceDossier)
    assert (record.update, record.status) == (True, S.REGISTERED)


def test_what_another_partner_submits_is_registered_at_the_province(ward: Ward) -> None:
    """A new record and its first step."""
    say(ward, submission(), source="portal")
    (record,) = ward.sent(p.ProvinceDossier)
    assert (record.update, record.status) == (False, S.REGISTERED)
    assert ward.steps() == [S.REGISTERED]


@pytest.mark.parametrize("by_reception", [False, True])
def test_the_clock_of_a_submitted_dossier_begins_when_it_is_taken_in(
    ward: Ward, by_reception: bool
) -> None:
    """By an officer's step or by the counter's reception; the province gets the due date."""
    say(ward, submission())
    before = ward.dossier().due_at
    ward.accept(reception() if by_reception else progress(S.ACCEPTED, 0))
    dossier = ward.dossier()
    assert (dossier.status, dossier.received_at) == (S.ACCEPTED, MONDAY)
    assert dossier.due_at == dossier.first_due_at > before
    record = ward.sent(p.ProvinceDossier)[-1]
    assert (record.update, record.due_at) == (True, dossier.due_at)
    assert ward.steps() == [S.ACCEPTED]


def test_a_submitted_inter_level_dossier_goes_to_the_town_once_it_is_in_process(
    ward: Ward,
) -> None:
    """With the files that came with the submission."""
    file = ward.file(b"form", reception(LAND).components[0].code)
    say(ward, submission(LAND), file)
    ward.accept(progress(S.PROCESSING, 1))
    (transfer,) = ward.sent(p.TownTransfer)
    assert transfer.received_at == MONDAY + timedelta(hours=1)


def test_a_step_is_told_to_the_other_partner_and_not_to_the_one_that_said_it(ward: Ward) -> None:
    """The province's own step comes back as its record only, the town's goes to the province."""
    ward.accept(reception())
    told = len(ward.everything_sent())
    say(ward, status(S.PROCESSING, 1))
    (record,) = ward.everything_sent()[told:]
    assert isinstance(record, p.ProvinceDossier)
    assert (record.update, record.status) == (True, S.PROCESSING)
    say(ward, status(S.PROCESSING, 2), source=catalog.TOWN_CENTER)
    assert ward.steps()[-1] is S.PROCESSING
    assert timeline(ward) == [(2, True), (4, True), (4, True)]


def test_the_daily_comparison_finds_nothing_wrong_with_the_provinces_own_words(ward: Ward) -> None:
    """What the province said counts as told: status and delivery are there."""
    say(ward, submission())
    say(ward, status(S.ACCEPTED, 1))
    say(ward, status(S.PROCESSING, 2))
    with ward.store.read() as tx:
        now, sent = repair_tasks.of_dossier(tx, NUMBER)
    assert repair_tasks.status_sent(sent[-1]) == now == S.PROCESSING


def test_an_ending_that_the_province_sets_still_brings_its_record_up_to_date(ward: Ward) -> None:
    """The record says when the dossier was due."""
    ward.accept(reception())
    say(ward, status(S.FINISHED, 2))
    assert ward.sent(p.ProvinceDossier)[-1].status is S.FINISHED
    assert S.FINISHED not in ward.steps()


def test_a_status_that_comes_out_of_order_is_kept_and_moves_nothing(ward: Ward) -> None:
    """It stands in the timeline as not applied, and nobody is told."""
    ward.accept(reception())
    say(ward, status(S.FINISHED, 3))
    told = len(ward.everything_sent())
    say(ward, status(S.PROCESSING, 1), source=catalog.TOWN_CENTER)
    assert ward.dossier().status is S.FINISHED
    assert timeline(ward)[-1] == (4, False)
    assert len(ward.everything_sent()) == told


def test_a_result_handed_out_by_a_partner_is_told_to_the_town_that_made_it(ward: Ward) -> None:
    """As when the ward's own counter hands it out."""
    transferred(ward)
    ward.accept(town(1, p.TownStep.ENDED))
    say(ward, status(S.RETURNED, 60))
    assert len(ward.sent(p.TownResultReturned)) == 1


def test_a_request_for_papers_stops_the_clock_until_the_ward_has_them(ward: Ward) -> None:
    """A partner's "in process" does not end the wait, the officer's does; the due date moves."""
    ward.accept(reception())
    due = ward.dossier().due_at
    asked = p.SupplementRequested(
        number=NUMBER,
        at=MONDAY + timedelta(hours=1),
        papers=("Giấy chứng sinh",),
        reason="Bản chụp mờ",
        bring_by=MONDAY + timedelta(days=30),
        **BY,
    )
    say(ward, asked)
    assert notes(ward)[-1] == ("Bản chụp mờ. Giấy tờ: Giấy chứng sinh. Hạn bổ sung: 05/09/2018")
    say(ward, status(S.PROCESSING, 2))
    assert ward.dossier().status is S.SUPPLEMENT_REQUESTED
    ward.accept(progress(S.PROCESSING, 48))
    assert ward.dossier().due_at > due


def test_papers_that_the_town_asks_for_by_this_door_go_to_it(ward: Ward) -> None:
    """The officer's word sends what was scanned, as after the town's numbered step."""
    transferred(ward)
    ward.accept(town(1, p.TownStep.ACCEPTED))
    at = MONDAY + timedelta(days=2)
    asked = p.SupplementRequested(
        number=NUMBER, at=at, reason="Thiếu sơ đồ", officer="Lê Thị Thử", unit="Thị xã"
    )
    say(ward, asked, source=catalog.TOWN_CENTER)
    ward.accept(scan("TN02-SD", 60), ward.file(b"sketch", "TN02-SD"))
    ward.accept(progress(S.PROCESSING, 61))
    assert len(ward.sent(p.TownSupplement)) == 1


def test_a_notice_of_payment_is_kept_with_its_file_and_is_no_paper_or_result(ward: Ward) -> None:
    """The trail shows number and amount, not whose it is; the province's files stay as they are."""
    ward.accept(reception())
    notice = p.TaxNotice(
        notice_number="TB-1", kind="Lệ phí", taxpayer="Nguyễn Văn Mẫu", amount=1_250_000
    )
    asked = p.PaymentRequested(number=NUMBER, at=MONDAY, notices=(notice,), **BY)
    say(ward, asked, ward.file(b"notice", ""), source=catalog.TOWN_CENTER)
    assert ward.dossier().status is S.PAYMENT_REQUESTED
    assert notes(ward)[-1] == "Thông báo TB-1: Lệ phí 1.250.000 đồng"
    say(ward, status(S.FINISHED, 2), source=catalog.TOWN_CENTER)
    with ward.store.read() as tx:
        assert len(papers.files_of(tx, NUMBER, result=True)) == 1
        (sent,) = tx.exec_driver_sql(
            "SELECT body FROM journal WHERE type = 'province.dossier' ORDER BY id DESC LIMIT 1"
        ).scalars()
    assert b'"attachments":[]' in sent


def correction(wrong: str, right: str) -> p.ProcedureCorrected:
    """Return a partner's word that the wrong procedure was chosen."""
    at = MONDAY + timedelta(days=2)
    return p.ProcedureCorrected(number=NUMBER, at=at, wrong=wrong, right=right, **BY)


def test_a_corrected_procedure_counts_from_the_same_reception(ward: Ward) -> None:
    """The clock is not restarted; the first promise stays, the province gets the new record."""
    ward.accept(reception(LAND))
    first = ward.dossier().due_at
    say(ward, correction(f"{LAND}.H57", BIRTH))
    dossier = ward.dossier()
    assert dossier.procedure == BIRTH
    assert dossier.received_at == MONDAY
    assert dossier.first_due_at == first > dossier.due_at
    assert dossier.due_at < MONDAY + timedelta(days=2)  # of the reception, not of the correction
    assert ward.sent(p.ProvinceDossier)[-1].procedure == BIRTH


def test_a_wait_for_papers_stays_added_when_the_procedure_is_corrected(ward: Ward) -> None:
    """What was promised for the wait is not taken back."""
    ward.accept(reception(LAND))
    ward.accept(progress(S.SUPPLEMENT_REQUESTED, 1))
    ward.accept(progress(S.ACCEPTED, 25))
    say(ward, correction(LAND, BIRTH))
    waited = ward.dossier().due_at
    ward.accept(progress(S.FINISHED, 60))
    assert waited > MONDAY + timedelta(days=1)


@pytest.mark.parametrize("wrong", [BIRTH, LAND])
def test_a_correction_that_does_not_fit_is_kept_and_changes_nothing(ward: Ward, wrong: str) -> None:
    """Of another procedure, or of a dossier that has ended."""
    ward.accept(reception(LAND))
    if wrong == LAND:
        ward.accept(progress(S.WITHDRAWN, 1))
    before = ward.dossier()
    say(ward, correction(wrong, BIRTH))
    assert ward.dossier() == before
    assert timeline(ward)[-1][1] is False


def test_a_result_with_files_finishes_the_dossier_and_its_leg(ward: Ward) -> None:
    """The files are results, the province is told, and the town owes nothing any more."""
    transferred(ward)
    ward.accept(town(1, p.TownStep.ACCEPTED))
    issued = p.ResultIssued(
        number=NUMBER, at=MONDAY + timedelta(days=3), document_number="15/QĐ", **BY
    )
    say(ward, issued, ward.file(b"result", ""), source=catalog.TOWN_CENTER)
    assert ward.dossier().status is S.FINISHED
    assert notes(ward)[-1] == "Trả kết quả. 15/QĐ"
    with ward.store.write() as tx:  # a leg is read locked
        (file,) = papers.files_of(tx, NUMBER, result=True)
        leg = legs.leg_of(tx, NUMBER)
    assert file.component == "KET-QUA"
    assert leg is not None
    assert leg.ended_at is not None
    assert ward.steps()[-1] is S.FINISHED


def test_what_a_partner_says_is_evidence_on_the_control_slip(ward: Ward) -> None:
    """One hand-over a call, with the partner's name."""
    ward.accept(reception())
    say(ward, status(S.PROCESSING, 1))
    say(ward, status(S.FINISHED, 2), source="portal")
    with ward.store.read() as tx:
        rows = handovers.of_dossier(tx, NUMBER)
    assert [(row.partner, row.operation) for row in rows if row.direction == handovers.IN] == [
        ("provincial", "dossier.status_set"),
        ("portal", "dossier.status_set"),
    ]


def test_a_word_about_a_dossier_that_is_not_here_waits_for_it(ward: Ward) -> None:
    """It overtook the submission."""
    say(ward, status(S.WITHDRAWN, 1))
    say(ward, submission())
    assert ward.dossier().status is S.WITHDRAWN


@pytest.mark.parametrize("first", ["counter", "submission", "status"])
def test_papers_are_kept_whichever_word_about_a_dossier_comes_first(ward: Ward, first: str) -> None:
    """Each word brings a file: the province is told of both, and nothing moves backwards."""
    of_portal, of_counter = ward.file(b"of the portal", "A"), ward.file(b"of the counter", "B")
    if first == "counter":
        ward.accept(reception(), of_counter)
        say(ward, submission(), of_portal, source="portal")
    else:
        say(ward, submission(), of_portal, source="portal")
        if first == "status":
            say(ward, status(S.ACCEPTED, -1))
        ward.accept(reception(), of_counter)
    assert ward.dossier().status is S.ACCEPTED
    with ward.store.read() as tx:
        kept = {file.component for file in papers.files_of(tx, NUMBER)}
        (sent,) = tx.exec_driver_sql(
            "SELECT body FROM journal j JOIN deliveries d ON j.id = message_id "
            "WHERE j.type = 'province.dossier' ORDER BY d.id DESC LIMIT 1"
        ).scalars()
    assert kept == {"A", "B"}
    assert {file.component for file in decode_stored(sent).attachments} == kept


def test_a_batch_leaves_what_one_by_one_leaves(ward: Ward) -> None:
    """Every call of a partner doubled: once is once."""
    ward.doubled = True
    say(ward, submission())
    say(ward, status(S.ACCEPTED, 1))
    say(ward, correction(BIRTH, "1.000894"))
    assert timeline(ward) == [(1, True), (2, True), (2, True)]
