"""What it takes to print papers of a dossier, and a print of which nobody knows the end."""

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import PaperToPrint
from hub.operations.devices.printing import PrintingParts, PrintOrder, print_paper
from hub.records.papers.kinds import PaperKind
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store, Tx
from hub.store.messages.blobs import BlobStore
from hub.store.schema.tables.exchange import deliveries
from tests.support.works import AT, number

PRINTER = "printer-1"
BY = {"actor": "Trần Thị Bình (account binh)", "reason": "for the applicant"}


def printing_in(folder: Path) -> PrintingParts:
    """Return what it takes to print, with one printer."""
    return PrintingParts(
        files=BlobStore(folder / "files"), rules=Rulebook.load(), printers=[PRINTER]
    )


def order(
    store: Store,
    printing: PrintingParts,
    *,
    kind: PaperKind = PaperKind.CONTROL_SLIP,
    printer: str = PRINTER,
    seen: int | None = None,
    at: datetime = AT,
) -> Message:
    """Order a paper of dossier 1."""
    wanted = PrintOrder(
        number=number(1), kind=kind, printer=printer, requested_by="Bình", printed_before=seen
    )
    by = {**BY, "now": at}
    return print_paper(store, printing, wanted, by=by)  # type: ignore[arg-type]


def in_doubt(
    store: Store, printing: PrintingParts, *, kind: PaperKind = PaperKind.CONTROL_SLIP
) -> int:
    """Have a paper that may lie on the tray; return its delivery."""
    message = order(store, printing, kind=kind)
    with store.write() as tx:
        id = delivery_of(tx, message)
        transitions.claim(tx, [id], catalog.DEVICES, now=AT, lease_until=AT)
        attempts.start(tx, [(id, 1)], now=AT)
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code="reply_dropped", detail="x", now=AT
        )
    return id


def delivery_of(tx: Tx, message: Message) -> int:
    """Return the delivery of a message."""
    chosen = sa.select(deliveries.c.id).where(deliveries.c.message_id == message.id)
    id: int = tx.execute(chosen).scalar_one()
    return id


def paper_of(message: Message) -> PaperToPrint:
    """Return what a message prints."""
    paper = catalog.read(message)
    assert isinstance(paper, PaperToPrint)
    return paper
