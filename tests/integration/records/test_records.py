"""The records: what each message does to a dossier, and what is said about it to the partners."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.messages import envelope
from hub.messages import payloads as p
from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.records.rulebook import Rulebook
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers, papers
from tests.support.payloads import read_as
from tests.support.ward import (
    LAND,
    MONDAY,
    NUMBER,
    VN,
    Ward,
    progress,
    reception,
    scan,
    town,
    transferred,
)


def test_a_reception_is_registered_at_the_province_with_its_due_date(ward: Ward) -> None:
    """Birth registration, one working day: due on Tuesday at closing time."""
    ward.accept(reception())
    dossier = ward.dossier()
    assert (dossier.status, dossier.version) == (p.Status.ACCEPTED, 1)
    assert dossier.due_at == datetime(2018, 8, 7, 17, 0, tzinfo=VN)
    first, second = ward.everything_sent()
    assert isinstance(first, p.ProvinceDossier)
    assert (first.update, first.due_at) == (False, dossier.due_at)
    assert isinstance(second, p.ProvinceProgress)
    assert second.status is p.Status.ACCEPTED


def test_a_ward_dossier_goes_its_whole_way(ward: Ward) -> None:
    """Processing, finished, handed out by a scan of the receipt; the record follows the ends."""
    ward.accept(reception())
    ward.accept(progress(p.Status.PROCESSING, 1))
    ward.accept(progress(p.Status.FINISHED, 2))
    at = MONDAY + timedelta(hours=3)
    ward.accept(
        p.BarcodeScanned(number=NUMBER, station=p.Station.RETURN, scanned_at=at, device="b-1")
    )
    assert [int(status) for status in ward.steps()] == [2, 4, 9, 10]
    dossier = ward.dossier()
    assert (dossier.finished_at, dossier.returned_at) == (MONDAY + timedelta(hours=2), at)
    records = ward.sent(p.ProvinceDossier)
    assert [(r.update, int(r.status)) for r in records] == [(False, 2), (True, 9), (True, 10)]


def test_a_receipt_that_is_read_before_the_result_is_there_moves_nothing_and_is_kept(
    ward: Ward,
) -> None:
    """Somebody may only have asked; but whoever held it under the reader finds it again."""
    ward.accept(reception())
    at = MONDAY + timedelta(hours=1)
    ward.accept(
        p.BarcodeScanned(number=NUMBER, station=p.Station.RETURN, scanned_at=at, device="b-1")
    )
    assert ward.steps() == [p.Status.ACCEPTED]
    with ward.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT status, why_not FROM dossier_events WHERE NOT applied")
        assert [(row.status, row.why_not.partition(":")[0]) for row in rows] == [(10, "2 -> 10")]


def test_a_dossier_that_is_opened_again_has_not_ended(ward: Ward) -> None:
    """Else it would count as settled while it waits, and by its first end for ever after."""
    ward.accept(reception())
    ward.accept(progress(p.Status.FINISHED, 1))
    ward.accept(progress(p.Status.SUPPLEMENT_REQUESTED, 2))
    assert ward.dossier().finished_at is None
    ward.accept(progress(p.Status.FINISHED, 4))
    assert ward.dossier().finished_at == MONDAY + timedelta(hours=4)
    ends = [record.finished_at for record in ward.sent(p.ProvinceDossier) if record.update]
    assert ends == [MONDAY + timedelta(hours=hours) for hours in (1, 4)]


def test_a_scan_without_a_file_is_refused(ward: Ward) -> None:
    """It would bring the province up to date with nothing, and supply the town with nothing."""
    with pytest.raises(InvalidMessage, match="envelope_invalid") as refused:
        ward.accept(scan("TP-1"))
    assert refused.value.where == "$.attachments"


def test_every_message_handled_twice_says_everything_once(ward: Ward) -> None:
    """The broker may double whatever it likes."""
    ward.doubled = True
    test_a_ward_dossier_goes_its_whole_way(ward)


def test_a_dossier_never_goes_backwards(ward: Ward) -> None:
    """The refused event is kept with its reason, and nobody is told."""
    ward.accept(reception())
    ward.accept(progress(p.Status.FINISHED, 2))
    ward.accept(progress(p.Status.PROCESSING, 1))
    assert ward.dossier().status is p.Status.FINISHED
    assert [int(status) for status in ward.steps()] == [2, 9]
    with ward.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT status, why_not FROM dossier_events WHERE NOT applied")
        assert [row.status for row in rows] == [4]


def test_an_inter_level_dossier_is_handed_over_when_its_papers_are_complete(ward: Ward) -> None:
    """With every file by reference and hash; the national status stays 4."""
    ward.accept(reception(LAND))
    assert ward.sent(p.TownTransfer) == []
    transferred(ward)
    (order,) = ward.sent(p.TownTransfer)
    assert isinstance(order, p.TownTransfer)
    assert order.parcels[0].area_m2 == 100.0
    assert ward.dossier().status is p.Status.PROCESSING
    with ward.store.read() as tx:
        assert len(papers.files_of(tx, NUMBER)) == len(order.components)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (1, 1, 3, 2, 2, 3)])
def test_steps_of_the_town_are_applied_in_its_order_however_they_come(
    ward: Ward, order: tuple[int, ...]
) -> None:
    """Early ones are kept, doubled ones have no effect; the result file arrives."""
    transferred(ward)
    steps = [p.TownStep.ACCEPTED, p.TownStep.MOVED_ON, p.TownStep.ENDED]
    for sequence in order:
        files = [ward.file(b"result", "KQ")] if sequence == 3 else []
        ward.accept(town(sequence, steps[sequence - 1]), *files)
    assert [int(status) for status in ward.steps()] == [2, 4, 4, 4, 9]
    times = [said.at for said in ward.sent(p.ProvinceProgress)]
    assert times == sorted(times)
    assert ward.dossier().finished_at == MONDAY + timedelta(days=3)
    with ward.store.read() as tx:
        assert [file.component for file in papers.files_of(tx, NUMBER, result=True)] == ["KQ"]


def test_the_town_is_told_when_its_result_was_handed_out(ward: Ward) -> None:
    """The leg ends at the citizen."""
    transferred(ward)
    ward.accept(town(1, p.TownStep.ENDED), ward.file(b"result", "KQ"))
    ward.accept(progress(p.Status.RETURNED, 100))
    assert len(ward.sent(p.TownResultReturned)) == 1


def test_a_step_of_a_dossier_that_is_not_at_the_town_waits(ward: Ward) -> None:
    """A callback may overtake our own hand-over."""
    ward.accept(town(1, p.TownStep.ACCEPTED))
    transferred(ward)
    assert [int(status) for status in ward.steps()][-1] == 4
    with ward.store.read() as tx:
        assert work_counts.unhandled_count(tx) == 0


def test_what_is_said_by_the_hub_is_not_accepted_from_outside(ward: Ward) -> None:
    """A device cannot speak as the records."""
    path = Path(__file__).parents[3] / "schemas/examples/province.progress.v1.json"
    with pytest.raises(InvalidMessage, match="type_unknown"):
        ward.intake.accept(envelope.decode(path.read_bytes()))


def test_a_message_about_a_file_that_is_not_here_is_refused(ward: Ward) -> None:
    """The claim check must be in the store before the message."""
    ghost = Attachment(name="a", media_type="b", size=1, sha256="0" * 64, component="c")
    with pytest.raises(InvalidMessage, match="file_missing"):
        ward.accept(scan("TP-1"), ghost)


def test_a_file_over_the_limit_or_with_another_hash_leaves_nothing(ward: Ward) -> None:
    """Nothing is stored half."""
    with pytest.raises(InvalidMessage, match="file_too_large"):
        ward.file(b"x" * 100_001, "TP-1")
    with pytest.raises(InvalidMessage, match="file_hash_wrong"):
        ward.intake.store_file(io.BytesIO(b"x"), name="a", media_type="b", sha256="0" * 64)
    assert [path for path in ward.files.directory.rglob("*") if path.is_file()] == []


def test_the_example_of_a_reception_is_handled(ward: Ward) -> None:
    """An integrator's first try, sent as it stands, ends in a dossier and not among the parked."""
    path = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"
    message = envelope.decode(path.read_bytes())
    ward.intake.accept(message)
    ward.settle()
    with ward.store.read() as tx:
        assert attention.parked(tx) == []
        assert dossiers.get(tx, message.key) is not None
    said = read_as(message, p.DossierReceived)
    procedure = Rulebook.load().procedure(said.procedure, said.received_at)
    assert [(c.code, c.name) for c in said.components] == [
        (c.code, c.name) for c in procedure.components
    ]
