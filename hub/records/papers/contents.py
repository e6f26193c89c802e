"""What stands on a paper, as data for its template. In Vietnamese: it is for citizens and archives.

The applicant's name is on the receipt only. Hand-overs to the counter's own printers are no
hand-overs of the dossier, so the control slip leaves them out.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.messages.local_time import LOCAL
from hub.records.dossiers import control_slip
from hub.records.papers.kinds import PaperKind
from hub.records.papers.render import qr_picture
from hub.records.papers.slip_rows import printed
from hub.records.rulebook import Rulebook
from hub.rules.papers.codes import PaperCode
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier
from hub.texts import Explained, both

Content = dict[str, object]


class NoSuchPaper(Explained):
    """There is no such paper of this dossier; the text says why."""


def content_of(
    tx: Tx, number: str, kind: PaperKind, *, rules: Rulebook, reprint: int, now: datetime
) -> Content:
    """Return the data of a paper. Raises NoSuchPaper.

    `reprint`: how many times it may have been printed before without anybody knowing.
    """
    dossier = dossiers.get(tx, number, lock=False)
    if dossier is None or dossier.erased_at is not None:
        raise NoSuchPaper(both("papers.no_dossier", number=number))
    shared: Content = {
        "number": number,
        "title": kind.heading.vi,
        "unit": rules.unit,
        "office": both("slip.office").vi,
        "printed": both("papers.printed_at", at=_moment(now)).vi,
        "reprint": both("papers.reprint", count=reprint).vi if reprint else "",
        "facts": list(_facts(dossier, kind, rules)),
    }
    match kind:
        case PaperKind.CONTROL_SLIP:
            return shared | _slip(tx, number)
        case PaperKind.RECEIPT:
            return shared | _receipt(dossier)
        case PaperKind.COVER_SHEET:
            return shared | {"sheets": list(_sheets(dossier))}


def _facts(dossier: Dossier, kind: PaperKind, rules: Rulebook) -> Iterator[Sequence[str]]:
    """Yield names with their values."""
    if kind.is_personal:
        yield both("slip.applicant").vi, dossier.applicant.name
    try:
        name = rules.procedure(dossier.procedure, dossier.received_at).name
    except InvalidMessage:  # the catalogue has it no more
        name = ""
    yield both("console.procedure").vi, f"{dossier.procedure} {name}".strip()
    yield both("console.received_at").vi, _moment(dossier.received_at)
    yield both("console.due_at").vi, _moment(dossier.due_at)


def _slip(tx: Tx, number: str) -> Content:
    found = control_slip.of_dossier(tx, number, shows=lambda it: it != catalog.DEVICES)
    rows = [
        [
            str(row.place),
            row.giver.vi,
            row.taker.vi,
            _moment(row.first),
            _moment(row.last) if row.confirmed else "–",
            row.result.vi,
        ]
        for row in printed(found.rows)
    ]
    return {
        "rows": rows,
        "headings": [
            both("slip.place").vi,
            both("slip.giver").vi,
            both("slip.taker").vi,
            both("slip.given_at").vi,
            both("slip.taken_at").vi,
            both("slip.result").vi,
        ],
        "nothing": both("slip.no_handovers").vi,
        "note": both("slip.signed_by_receipts").vi,
        "signatures": [both(f"slip.signed_{it}").vi for it in ("giver", "taker", "head")],
    }


def _sheets(dossier: Dossier) -> Iterator[Content]:
    """Yield a page for each component, one for the whole dossier where it has none."""
    for it in dossier.components:
        name = f"{it.code} · {it.name}"
        try:
            yield _sheet(PaperCode(dossier.number, it.code), name)
        except ValueError:  # no code can hold it: a person says which component the pages are
            yield _sheet(PaperCode(dossier.number), name)
    if not dossier.components:
        yield _sheet(PaperCode(dossier.number), "")


def _sheet(code: PaperCode, name: str) -> Content:
    note = both("papers.cover_note") if code.component else both("papers.cover_note_whole")
    return {"name": name, "qr": qr_picture(code), "note": note.vi}


def _receipt(dossier: Dossier) -> Content:
    return {
        "components_title": both("papers.components").vi,
        "components": [
            both("papers.component", name=it.name, originals=it.originals, copies=it.copies).vi
            for it in dossier.components
        ],
        "note": both("papers.receipt_note").vi,
        "signatures": [both(f"papers.signed_{it}").vi for it in ("applicant", "officer")],
    }


def _moment(value: datetime) -> str:
    return f"{value.astimezone(LOCAL):%H:%M %d/%m/%Y}"
