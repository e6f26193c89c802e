"""The records: what each message does to a dossier, and what is said about it to the partners."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from hub import operations
from hub.broker.memory import MemoryBroker
from hub.flow import outlast
from hub.flow.accept import Intake
from hub.flow.receive import Receive
from hub.flow.relay import Relay
from hub.messages import catalog, envelope, routes
from hub.messages import payloads as p
from hub.messages.envelope import Attachment
from hub.messages.invalid import InvalidMessage
from hub.ports import Incoming
from hub.records.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store import dossiers, journal, outbox, queries
from hub.store.blobs import BlobStore
from hub.store.dossiers import Dossier
from hub.store.engine import Store, Tx
from hub.store.migrate import migrate
from tests.support.works import now

T = TypeVar("T")
VN = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2018, 8, 6, 8, 30, tzinfo=VN)
NUMBER = "000.99.01.H57-180806-0001"
LAND, BIRTH = "1.003003", "1.001193"


@dataclass
class Ward:
    """Intake, queue and records, driven by hand: `settle` handles everything that is queued."""

    store: Store
    files: BlobStore
    intake: Intake
    broker: MemoryBroker
    receive: Receive
    relay: Relay
    doubled: bool = False

    def accept(self, payload: p.Payload, *files: Attachment, at: datetime = MONDAY) -> None:
        """Tell the ward something and let it be handled."""
        self.intake.accept(catalog.compose(payload, time=at, source="test", attachments=files))
        self.settle()

    def settle(self) -> None:
        """Publish and handle until nothing is left."""
        publisher = self.broker.publisher()
        consumer = self.broker.consumer(routes.INGEST, prefetch=100)
        while self.relay.publish_some(publisher):
            batch = consumer.receive(100, wait=timedelta(0))
            if batch:
                self.receive.handle(consumer, batch * (2 if self.doubled else 1))
        consumer.close()

    def file(self, content: bytes, component: str) -> Attachment:
        """Store a file."""
        return self.intake.store_file(
            io.BytesIO(content), name="a.pdf", media_type="application/pdf", component=component
        )

    def dossier(self) -> Dossier:
        """Return the one dossier."""
        with self.store.read() as tx:
            found = dossiers.get(tx, NUMBER)
        assert found is not None
        return found

    def said(self, kind: type[T]) -> list[T]:
        """Return what of a kind was said to the partners, in order."""
        return [payload for payload in self.everything_said() if isinstance(payload, kind)]

    def everything_said(self) -> list[p.Payload]:
        """Return all that was said to the partners, in order."""
        with self.store.read() as tx:
            bodies = [
                row.body
                for row in tx.exec_driver_sql(
                    "SELECT body FROM journal j JOIN deliveries d ON j.id = message_id "
                    "ORDER BY d.id"
                )
            ]
        return [catalog.read(envelope.decode(body)) for body in bodies]

    def steps(self) -> list[p.Status]:
        """Return the statuses that the province was told, in order."""
        return [said.status for said in self.said(p.ProvinceProgress)]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with an empty store."""
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    migrate(store)
    files = BlobStore(tmp_path / "files", limit=100_000)
    intake = Intake(store, files, clock=now)
    broker = MemoryBroker()
    receive = Receive(store, broker, Records(Rulebook.load()), clock=now)
    yield Ward(store, files, intake, broker, receive, Relay(store, broker))
    intake.close()
    store.close()


def reception(procedure: str = BIRTH, number: str = NUMBER) -> p.DossierReceived:
    """Return the reception of a dossier with the procedure's own components."""
    found = Rulebook.load().procedure(procedure, MONDAY)
    return p.DossierReceived(
        number=number,
        procedure=procedure,
        applicant=p.Applicant(name="Nguyễn Văn Mẫu", identity_number="000000000001"),
        received_at=MONDAY,
        components=found.components,
        parcels=(p.Parcel(number="1", map_sheet="2", area_m2=100.0),),
        officer="Trần Thị Tiếp Nhận",
    )


def progress(status: p.Status, hours: float) -> p.DossierProgressed:
    """Return an officer's step, `hours` after the reception."""
    at = MONDAY + timedelta(hours=hours)
    return p.DossierProgressed(number=NUMBER, status=status, at=at, officer="Lê", unit="Tư pháp")


def scan(component: str, hours: float = 0.1) -> p.DocumentScanned:
    """Return a scan of a component."""
    at = MONDAY + timedelta(hours=hours)
    return p.DocumentScanned(number=NUMBER, component=component, scanned_at=at, device="scanner-1")


def town(sequence: int, step: p.TownStep) -> p.TownStepReported:
    """Return the town's `sequence`-th step, one day apart."""
    at = MONDAY + timedelta(days=sequence)
    return p.TownStepReported(number=NUMBER, sequence=sequence, step=step, at=at, officer="CB")


def transferred(ward: Ward) -> None:
    """Take in a land dossier with all its papers, so that it goes to the town."""
    ward.accept(reception(LAND))
    for component in reception(LAND).components:
        ward.accept(scan(component.code), ward.file(component.code.encode(), component.code))


def test_a_reception_is_registered_at_the_province_with_its_due_date(ward: Ward) -> None:
    """Birth registration, one working day: due on Tuesday at closing time."""
    ward.accept(reception())
    dossier = ward.dossier()
    assert (dossier.status, dossier.version) == (p.Status.ACCEPTED, 1)
    assert dossier.due_at == datetime(2018, 8, 7, 17, 0, tzinfo=VN)
    first, second = ward.everything_said()
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
    records = ward.said(p.ProvinceDossier)
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
    ends = [record.finished_at for record in ward.said(p.ProvinceDossier) if record.update]
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


def test_a_scan_that_comes_before_its_dossier_waits_for_it(ward: Ward) -> None:
    """Early is not wrong: the file is attached as soon as the dossier is there."""
    ward.accept(scan("TP-1"), ward.file(b"early", "TP-1"))
    with ward.store.read() as tx:
        assert queries.unhandled_count(tx) == 1
    ward.accept(reception())
    with ward.store.read() as tx:
        assert queries.unhandled_count(tx) == 0
        assert [file.component for file in dossiers.files_of(tx, NUMBER)] == ["TP-1"]


def test_an_inter_level_dossier_is_handed_over_when_its_papers_are_complete(ward: Ward) -> None:
    """With every file by reference and hash; the national status stays 4."""
    ward.accept(reception(LAND))
    assert ward.said(p.TownTransfer) == []
    transferred(ward)
    (order,) = ward.said(p.TownTransfer)
    assert isinstance(order, p.TownTransfer)
    assert order.parcels[0].area_m2 == 100.0
    assert ward.dossier().status is p.Status.PROCESSING
    with ward.store.read() as tx:
        assert len(dossiers.files_of(tx, NUMBER)) == len(order.components)


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
    times = [said.at for said in ward.said(p.ProvinceProgress)]
    assert times == sorted(times)
    assert ward.dossier().finished_at == MONDAY + timedelta(days=3)
    with ward.store.read() as tx:
        assert [file.component for file in dossiers.files_of(tx, NUMBER, result=True)] == ["KQ"]


def test_the_towns_request_for_papers_stops_the_clock_until_they_are_there(ward: Ward) -> None:
    """Supplement: status 5, papers to the town, then the due date moves by the wait."""
    transferred(ward)
    before = ward.dossier().due_at
    ward.accept(town(1, p.TownStep.ACCEPTED))
    ward.accept(town(2, p.TownStep.AWAITING_SUPPLEMENT))
    assert ward.dossier().status is p.Status.SUPPLEMENT_REQUESTED
    ward.accept(scan("BS-1", hours=50), ward.file(b"more", "BS-1"))
    (given,) = ward.said(p.TownSupplement)
    assert isinstance(given, p.TownSupplement)
    assert ward.dossier().status is p.Status.SUPPLEMENT_REQUESTED
    ward.accept(town(3, p.TownStep.SUPPLEMENTED))
    dossier = ward.dossier()
    assert dossier.status is p.Status.PROCESSING
    assert dossier.due_at > before == dossier.first_due_at


def test_the_town_is_told_when_its_result_was_handed_out(ward: Ward) -> None:
    """The leg ends at the citizen."""
    transferred(ward)
    ward.accept(town(1, p.TownStep.ENDED), ward.file(b"result", "KQ"))
    ward.accept(progress(p.Status.RETURNED, 100))
    assert len(ward.said(p.TownResultReturned)) == 1


def test_a_step_of_a_dossier_that_is_not_at_the_town_waits(ward: Ward) -> None:
    """A callback may overtake our own hand-over."""
    ward.accept(town(1, p.TownStep.ACCEPTED))
    transferred(ward)
    assert [int(status) for status in ward.steps()][-1] == 4
    with ward.store.read() as tx:
        assert queries.unhandled_count(tx) == 0


def test_an_unknown_procedure_is_parked_where_an_operator_finds_it(ward: Ward) -> None:
    """Accepted, then found to be wrong: kept whole, with code and reason; nothing half."""
    body = msgspec.json.encode(reception()).replace(b"1.001193", b"9.999999")
    ward.accept(msgspec.json.decode(body, type=p.DossierReceived))
    with ward.store.read() as tx:
        ((_, _, key, code, reason),) = queries.parked(tx)
        assert (key, code) == (NUMBER, "procedure_unknown")
        assert "9.999999" in reason
        assert dossiers.get(tx, NUMBER) is None
        assert queries.open_count(tx) == 0


def test_a_poisonous_message_falls_out_of_its_batch_alone(ward: Ward) -> None:
    """Its neighbours are handled in the same turn."""
    bad = msgspec.structs.replace(reception(), procedure="9.999999", number=NUMBER[:-1] + "2")
    publisher = ward.broker.publisher()
    for payload in (reception(), bad, progress(p.Status.PROCESSING, 1)):
        ward.intake.accept(catalog.compose(payload, time=MONDAY, source="test"))
    ward.settle()
    publisher.close()
    assert ward.dossier().status is p.Status.PROCESSING
    with ward.store.read() as tx:
        assert len(queries.parked(tx)) == 1


def test_bytes_that_are_no_message_go_to_the_queue_for_invalid_ones(ward: Ward) -> None:
    """Exactly as they came."""
    consumer = ward.broker.consumer(routes.INGEST, prefetch=10)
    noise = Incoming(tag=0, session=-1, body=b"<xml/>", message_id="x")
    ward.receive.handle(consumer, [noise])
    with ward.store.read() as tx:
        (row,) = outbox.head(tx, 10)
    assert (row.queue, row.type, row.body) == (routes.INVALID, "invalid.json_broken", b"<xml/>")


def test_accepted_bytes_that_cannot_be_read_are_parked_and_not_asked_for_again(
    ward: Ward,
) -> None:
    """E.g. after a step back to an older version: `hub stuck` shows it, once, and nothing grows."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    with ward.store.write() as tx:
        for table in ("journal", "outbox"):
            tx.exec_driver_sql(f"UPDATE {table} SET body = x'7b'")  # noqa: S608
    ward.settle()
    ward.relay.forget()
    with ward.store.write() as tx:
        ((id, _, key, code, reason),) = queries.parked(tx)
        assert (id, key, code) == (message.id, NUMBER, "json_broken")
        assert reason.startswith("$: ")
        assert outbox.backlog(tx) == 0
        far = now() + timedelta(days=1)
        assert journal.ask_lost(tx, recorded_before=far, after="") == (0, "")


def test_noise_under_the_id_of_an_accepted_message_sets_only_itself_aside(ward: Ward) -> None:
    """What was accepted is handled all the same."""
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    consumer = ward.broker.consumer(routes.INGEST, prefetch=10)
    noise = Incoming(tag=0, session=-1, body=b"<xml/>", message_id=message.id)
    ward.receive.handle(consumer, [noise])
    with ward.store.read() as tx:
        assert queries.parked(tx) == []
        assert [row.queue for row in outbox.head(tx, 10)] == [routes.INGEST, routes.INVALID]
    ward.settle()
    assert ward.dossier().status is p.Status.ACCEPTED


def test_a_fault_of_our_own_gives_the_message_back_and_stores_nothing(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the middle of a handler rolls everything back; the message comes again."""
    real = dossiers.add_event
    calls = iter([True, True, False])

    def crash_first(tx: object, event: object) -> None:
        if next(calls, False):
            raise RuntimeError("a bug of ours")
        real(tx, event)  # type: ignore[arg-type]

    monkeypatch.setattr(dossiers, "add_event", crash_first)
    ward.accept(reception())
    with ward.store.read() as tx:
        assert dossiers.get(tx, NUMBER) is None
        assert queries.unhandled_count(tx) == 1
    consumer = ward.broker.consumer(routes.INGEST, prefetch=10)
    ward.receive.handle(consumer, consumer.receive(10, wait=timedelta(seconds=1)))
    assert ward.dossier().status is p.Status.ACCEPTED


def test_what_our_own_code_keeps_failing_on_is_shown_and_can_be_taken_up_again(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten tries it is parked: no copy in hub.dead, nothing asked for, until the upgrade."""
    ward.receive.crash_pause = 0
    monkeypatch.setattr(dossiers, "add_event", lambda *_: 1 / 0)
    message = catalog.compose(reception(), time=MONDAY, source="test")
    ward.intake.accept(message)
    ward.relay.publish_some(ward.broker.publisher())
    ward.relay.forget()
    consumer = ward.broker.consumer(routes.INGEST, prefetch=10)
    tries = 0
    while batch := consumer.receive(10, wait=timedelta(0)):
        ward.receive.handle(consumer, batch)
        tries += 1
    assert (tries, ward.broker.depth(routes.DEAD)) == (10, 0)
    with ward.store.write() as tx:
        ((id, _, key, code, reason),) = queries.parked(tx)
        assert (id, key, code) == (message.id, NUMBER, "handler_failed")
        assert "ZeroDivisionError" in reason
        far = now() + timedelta(days=1)
        assert journal.ask_lost(tx, recorded_before=far, after="") == (0, "")
    monkeypatch.undo()
    operations.unpark(ward.store, message.id, actor="IT", reason="upgraded", now=now())
    ward.settle()
    assert ward.dossier().status is p.Status.ACCEPTED


def test_an_outage_of_the_store_uses_up_no_delivery_limit(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for longer than ten tries; the message is handled, not buried."""
    ward.intake.accept(catalog.compose(reception(), time=MONDAY, source="test"))
    ward.relay.publish_some(ward.broker.publisher())
    real, away, handled = ward.store.write, iter(range(30)), threading.Event()

    @contextmanager
    def write() -> Iterator[Tx]:
        if next(away, None) is not None:
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        with real() as tx:
            yield tx

    monkeypatch.setattr(ward.store, "write", write)
    monkeypatch.setattr(outlast, "LONGEST_PAUSE", timedelta(milliseconds=1))
    ward.receive.on_commit = handled.set
    ward.receive.start()
    assert handled.wait(10)
    ward.receive.stop()
    assert ward.broker.depth("hub.dead") == 0
    assert ward.dossier().number == NUMBER


def test_what_is_said_by_the_hub_is_not_accepted_from_outside(ward: Ward) -> None:
    """A device cannot speak as the records."""
    path = Path(__file__).parents[2] / "schemas/examples/province.progress.v1.json"
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
    path = Path(__file__).parents[2] / "schemas/examples/dossier.received.v1.json"
    message = envelope.decode(path.read_bytes())
    ward.intake.accept(message)
    ward.settle()
    with ward.store.read() as tx:
        assert queries.parked(tx) == []
        assert dossiers.get(tx, message.key) is not None
    said = catalog.read_as(message, p.DossierReceived)
    procedure = Rulebook.load().procedure(said.procedure, said.received_at)
    assert [(c.code, c.name) for c in said.components] == [
        (c.code, c.name) for c in procedure.components
    ]
