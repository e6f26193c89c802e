"""An INSERT that may find the row there tells which it was, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime

from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.records import dossiers

NOW = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)

DOSSIER = dossiers.Dossier(
    number="000.99.01.H57-180806-0001",
    procedure="1.000000",
    sector="G00-TEST",
    inter_level=False,
    channel=p.Channel(1),
    applicant=p.Applicant(kind=p.ApplicantKind(1), name="Nguyễn Văn Mẫu"),
    summary="",
    components=(),
    parcels=(),
    officer="",
    received_at=NOW,
    due_at=NOW,
    first_due_at=NOW,
    status=p.Status.ACCEPTED,
    status_at=NOW,
)


def test_a_dossier_is_new_once(store: Store) -> None:
    """Taken for one that is there already, a new dossier would never reach the province."""
    with store.write() as tx:
        assert dossiers.add(tx, DOSSIER)
        assert not dossiers.add(tx, DOSSIER)
        assert dossiers.add(tx, replace(DOSSIER, number="000.99.01.H57-180806-0002"))


def test_what_the_broker_brought_is_accepted_when_its_sender_tells_it_again(store: Store) -> None:
    """An old copy was put back: the queue still has what was accepted since, the inbox has not."""
    number, station = DOSSIER.number, p.Station.RETURN
    scan = p.BarcodeScanned(number=number, station=station, scanned_at=NOW, device="reader-1")
    message = catalog.compose(scan, time=NOW, source="reader-1", id="a" * 32)
    entry = journal.JournalEntry(message, envelope.encode(message), "scan-1")
    with store.write() as tx:
        assert journal.mark_handled(tx, [entry], NOW) == {message.id}
    with store.write() as tx:
        (answer,) = journal.accept(tx, [entry], NOW)
        assert answer.message_id == message.id
        assert journal.mark_handled(tx, [entry], NOW) == set()
