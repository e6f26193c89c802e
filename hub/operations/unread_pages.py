"""Gives scanned pages their place: a person says of which dossier and component they are.

The scan enters as if its code had told it, with the unread pages as its cause; those are handled
then. One transaction: pages are never in two places, and never in none.
"""

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored, encode
from hub.messages.identifiers import derive_id
from hub.messages.payloads import DocumentScanned, PagesUnread
from hub.operations.parked_messages import NotParked, why_not
from hub.operations.signed_by import SignedBy
from hub.rules.papers.codes import PaperCode
from hub.store.archive import references
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages import journal, parked
from hub.store.messages.journal import JournalEntry
from hub.store.records import dossiers
from hub.texts import Explained, both

CODE = "pages_unread"


class NotAssigned(Explained):
    """Nothing was done; `text` says why."""


def paper_of(number: str, component: str) -> PaperCode:
    """Return what a person typed. Raises NotAssigned."""
    if not component:
        raise NotAssigned(both("unread_pages.no_component"))
    try:
        return PaperCode(number, component)
    except ValueError:
        raise NotAssigned(both("unread_pages.malformed")) from None


def assign(store: Store, id: str, paper: PaperCode, *, by: SignedBy) -> None:
    """Have parked pages enter a dossier as one of its components.

    Raises NotParked where they do not wait any more, NotAssigned where the hub knows no such
    dossier.
    """
    with store.write() as tx:
        if parked.codes_of(tx, [id]).get(id) != CODE:
            raise NotParked(both("parked_pages.not_parked", why=why_not(tx, [id]).get(id, id)))
        dossier = dossiers.get(tx, paper.number)
        if dossier is None or dossier.erased_at is not None:
            raise NotAssigned(both("unread_pages.no_dossier", number=paper.number))
        unread = decode_stored(journal.bodies(tx, [id])[id])
        scan = _scan_of(unread, paper)
        entry = JournalEntry(scan, encode(scan), catalog.open(scan).dedup_key)
        journal.accept(tx, [entry], by["now"])
        parked.mark_handled(tx, id)
        references.mark(tx, {it.sha256 for it in unread.attachments[1:]}, now=by["now"])
        object = f"{id} {paper.number} {paper.component}"
        audit.record(tx, action="pages.assign", object=object, **by)


def _scan_of(unread: Message, paper: PaperCode) -> Message:
    """Return the scan that the pages are; their first file is the document."""
    payload = catalog.read(unread)
    assert isinstance(payload, PagesUnread)  # noqa: S101 - only such a message has the code
    document = unread.attachments[0]
    return catalog.compose(
        DocumentScanned(
            number=paper.number,
            component=paper.component,
            scanned_at=payload.scanned_at,
            device=payload.device,
        ),
        time=unread.time,
        source=unread.source,
        id=derive_id("document.scanned", paper.number, paper.component, document.sha256),
        correlation_id=unread.correlation_id,
        causation_id=unread.id,
        attachments=[document],
    )
