"""Prints a paper of a dossier: makes the PDF, stores it, and opens its delivery to a printer.

One operation behind the console and the command line. A paper whose print is in doubt is printed
again by `print_again`: a new message takes the place of the one in doubt, and its paper says
*bản in lại*. Nothing is printed here; the delivery does that.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from hub.exchange.outbox.emit import delivery_of, emit
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message, decode_stored, encode
from hub.messages.identifiers import new_id
from hub.messages.payloads import PaperToPrint
from hub.operations.deliveries.actions import Resolution, by_person
from hub.operations.deliveries.expected import Expected, require
from hub.operations.signed_by import SignedBy
from hub.records.papers.contents import content_of
from hub.records.papers.kinds import PaperKind
from hub.records.papers.render import render
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.devices import prints
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages import blobs, journal
from hub.store.messages.blobs import BlobStore
from hub.store.records import dossiers
from hub.texts import Explained, both, text

PDF = "application/pdf"


class NotPrintable(Explained):
    """The paper cannot be ordered; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintingParts:
    """What it takes to print: where files are, the rules with their data, and the printers."""

    files: BlobStore
    rules: Rulebook
    printers: Sequence[str]
    """Their names in the file of devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrder:
    """What a person wants on paper."""

    number: str
    kind: PaperKind
    printer: str
    copies: int = 1
    requested_by: str
    printed_before: int | None = None
    """How many papers of the dossier had been sent to printers when the person decided; None where
    the person did not see that."""


def print_paper(
    store: Store, printing: PrintingParts, order: PrintOrder, *, by: SignedBy
) -> Message:
    """Order a paper; return its message. Raises Explained where nothing was ordered."""
    if order.printer not in printing.printers:
        known = ", ".join(printing.printers) or text("papers.no_printers")
        raise NotPrintable(both("papers.no_printer", printer=order.printer, known=known))
    wanted = PaperToPrint(
        number=order.number,
        paper=order.kind.value,
        title=order.kind.heading.vi,
        printer=order.printer,
        copies=order.copies,
        requested_by=order.requested_by,
    )
    message = _message(store, printing, wanted, now=by["now"])
    with store.write() as tx:
        dossiers.get(tx, order.number)  # locked: two at one moment count one after the other
        before = prints.count_of(tx, catalog.DEVICES, order.number)
        if order.printed_before not in (None, before):
            raise NotPrintable(both("papers.printed_meanwhile"))
        blobs.register(tx, message.attachments, now=by["now"])
        emit(tx, [message], by["now"])
        audit.record(tx, action="paper.print", object=f"{order.number} {order.kind}", **by)
    return message


def is_personal(store: Store, id: int) -> bool:
    """Return whether a delivery is the print of a paper that shows personal data.

    Raises NoSuchDelivery.
    """
    with store.read() as tx:
        _, destination, _ = transitions.place_of(tx, id, lock=False)
        if destination != catalog.DEVICES:
            return False
        known = catalog.read(decode_stored(journal.body_of(tx, id)))
    return isinstance(known, PaperToPrint) and PaperKind(known.paper).is_personal


def print_again(
    store: Store,
    printing: PrintingParts,
    id: int,
    *,
    expected: Expected | None = None,
    by: SignedBy,
) -> Message:
    """Print a paper again that a person did not find on the tray; return the new message.

    Raises StateConflict where the delivery is not in doubt, or not as `expected`.
    """
    now = by["now"]
    with store.read() as tx:
        state, destination, _ = transitions.place_of(tx, id, lock=False)
        lost = decode_stored(journal.body_of(tx, id))
    if destination != catalog.DEVICES or state is not DeliveryState.AMBIGUOUS:
        raise StateConflict(both("papers.not_in_doubt", id=id))
    known = catalog.read(lost)
    if not isinstance(known, PaperToPrint):
        raise StateConflict(both("papers.not_in_doubt", id=id))
    wanted = msgspec.structs.replace(known, reprint=known.reprint + 1)
    message = _message(store, printing, wanted, now=now, cause=lost)
    with store.write() as tx:
        require(tx, id, expected)
        state, destination, lane = transitions.place_of(tx, id)
        if state is not DeliveryState.AMBIGUOUS:
            raise StateConflict(both("papers.not_in_doubt", id=id))
        blobs.register(tx, message.attachments, now=now)
        journal.record_outgoing(tx, [journal.JournalEntry(message, encode(message))], now)
        opened = transitions.open_in_place(tx, delivery_of(message), instead_of=id, now=now)
        detail = f"not on the tray; delivery {opened} goes in its place"
        transitions.cancel(tx, id, from_state=DeliveryState.AMBIGUOUS, now=now, detail=detail)
        by_person(tx, id, destination, lane, f"resolve.{Resolution.ABSENT}", now)
        audit.record(tx, action="paper.print_again", object=f"{id} as {opened}", **by)
    return message


def _message(
    store: Store,
    printing: PrintingParts,
    wanted: PaperToPrint,
    *,
    now: datetime,
    cause: Message | None = None,
) -> Message:
    """Make the paper, store it and return the message that carries it."""
    kind = PaperKind(wanted.paper)
    with store.read() as tx:
        content = content_of(
            tx, wanted.number, kind, rules=printing.rules, reprint=wanted.reprint, now=now
        )
    sha256, size = printing.files.write(io.BytesIO(render(kind.value, content)))
    file = Attachment(name=f"{kind}.pdf", media_type=PDF, size=size, sha256=sha256)
    return catalog.compose(
        wanted,
        id=new_id(),
        time=now,
        source=catalog.RECORDS,
        correlation_id=cause.correlation_id if cause else None,
        causation_id=cause.id if cause else "",
        attachments=[file],
    )
