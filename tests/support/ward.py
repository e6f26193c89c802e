"""A ward for tests: intake, queue and records on an empty store, driven by hand."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from hub.broker.memory import MemoryBroker
from hub.exchange.intake.accept import Intake
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog, envelope, queues
from hub.messages import payloads as p
from hub.messages.envelope import Attachment
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier
from tests.support.database.stores import empty_store
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
        consumer = self.broker.consumer(queues.INGEST, prefetch=100)
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
            found = dossiers.get(tx, NUMBER, lock=False)
        assert found is not None
        return found

    def sent(self, kind: type[T]) -> list[T]:
        """Return what of a kind was sent to the partners, in order."""
        return [payload for payload in self.everything_sent() if isinstance(payload, kind)]

    def everything_sent(self) -> list[p.Payload]:
        """Return all that was sent to the partners, in order."""
        with self.store.read() as tx:
            bodies = [
                row.body
                for row in tx.exec_driver_sql(
                    "SELECT body FROM journal j JOIN deliveries d ON j.id = message_id "
                    "ORDER BY d.id"
                )
            ]
        return [catalog.read(envelope.decode_stored(body)) for body in bodies]

    def steps(self) -> list[p.Status]:
        """Return the statuses that the province was told, in order."""
        return [step.status for step in self.sent(p.ProvinceProgress)]


@contextmanager
def open_ward(directory: Path, url: str = "") -> Iterator[Ward]:
    """Open a ward in a directory, with an empty store there, or the migrated one at `url`."""
    store = Store(url) if url else empty_store(directory / "hub.db")
    files = BlobStore(directory / "files", limit=100_000)
    intake = Intake(store, files, clock=now)
    broker = MemoryBroker()
    records, notes = Records(Rulebook.load()), directory / "stopped"
    receive = Receive(store, broker, records, clock=now, markers=notes, together=records.together)
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
