"""Whether the town has the effect of one of our calls, by what it says of the dossier. Pure.

The town records our message id and version with every call that took effect. A partner may lose an
id, cut it or write it in capitals: a record with our version and without another id of ours is
alike. What the town says of the dossier itself (dates, process, hashes of files) is compared within
its resolution of time.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from adapters.town_center import contract
from adapters.town_center.callbacks.reading import Shown
from hub.ports import Request
from hub.rules.deliveries.likeness import (
    EXACT,
    Likeness,
    TimeTextResolution,
    compare_codes,
    compare_times,
)

TRANSFER, SUPPLEMENT = "TiepNhanHoSo", "CapNhatTrangThaiBoSungHoSo"
SAME, UNCLEAR, DIFFERENT = Likeness.SAME, Likeness.UNCLEAR, Likeness.DIFFERENT
_HASH = re.compile(r"[0-9a-f]{64}")
SHORTEST = 8
"""Characters of a message id that a cut one must keep to be known again."""
_transfer = msgspec.json.Decoder(contract.Transfer)
_supplement = msgspec.json.Decoder(contract.Supplement)
_returned = msgspec.json.Decoder(contract.ResultReturned)
Sent = contract.Transfer | contract.Supplement | contract.ResultReturned


@dataclass(frozen=True, slots=True)
class Compared:
    """`recorded`: the town recorded our call; `alike`: something that may be it, without our id.

    `certain` and `unclear` name the fields in which what the town holds is not, or may not be, what
    we said.
    """

    recorded: bool
    alike: bool
    certain: tuple[str, ...]
    unclear: tuple[str, ...]

    @property
    def differs(self) -> tuple[str, ...]:
        """All fields that are not the same."""
        mark = ("maThongDiep",) if self.alike else ()
        return (*self.certain, *self.unclear, *mark)


def compare(
    theirs: contract.HeldDossier, request: Request, resolution: TimeTextResolution = EXACT
) -> Compared:
    """Compare what the town holds with what was sent."""
    sent = sent_in(request)
    recorded = _recorded(calls_of(theirs, request.operation), request)
    several = _likenesses(theirs, sent, resolution)
    if recorded is not None:
        several["PhienBan"] = SAME if recorded.version == sent.version else DIFFERENT
    names = {
        likeness: tuple(name for name, it in several.items() if it is likeness)
        for likeness in (DIFFERENT, UNCLEAR)
    }
    transfer = request.operation == TRANSFER  # known by the dossier's number, if by no id
    alike = recorded is None and not transfer and _is_alike(theirs, request, sent)
    return Compared(recorded is not None, alike, names[DIFFERENT], names[UNCLEAR])


def is_behind(theirs: contract.HeldDossier, beside: Iterable[Request]) -> bool:
    """Tell whether what is shown lacks a call that the town is known to have."""
    for request in beside:
        if request.operation == TRANSFER:
            continue  # that the dossier is shown shows it
        calls = calls_of(theirs, request.operation)
        if _recorded(calls, request) is None and not _is_alike(theirs, request, sent_in(request)):
            return True
    return False


def sent_in(request: Request) -> Sent:
    """Return the record that a request says."""
    match request.operation:
        case "TiepNhanHoSo":
            return _transfer.decode(request.body)
        case "CapNhatTrangThaiBoSungHoSo":
            return _supplement.decode(request.body)
    return _returned.decode(request.body)


def calls_of(theirs: contract.HeldDossier, operation: str) -> Sequence[contract.Recorded]:
    """Return the calls of one kind that the town recorded."""
    calls = {TRANSFER: theirs.transfers, SUPPLEMENT: theirs.supplements}
    return calls.get(operation, theirs.returns)


def name_of_calls(operation: str) -> str:
    """Return the town's name of the list of calls of one kind."""
    return {TRANSFER: "tiepNhan", SUPPLEMENT: "boSung"}.get(operation, "traKetQua")


def _recorded(calls: Iterable[contract.Recorded], request: Request) -> contract.Recorded | None:
    """Return the call that the town recorded under our message id."""
    mine = request.message_id
    return next((it for it in calls if _is_id(it.message_id, mine)), None)


def _is_id(theirs: str, mine: str) -> bool:
    theirs, mine = theirs.strip().casefold(), mine.strip().casefold()
    return bool(theirs) and (
        theirs == mine or (len(theirs) >= SHORTEST and mine.startswith(theirs))
    )


def _is_alike(theirs: contract.HeldDossier, request: Request, sent: Sent) -> bool:
    """Tell whether a call is recorded that may be ours: of our version, or of none of our ids."""
    known = [request.message_id, *(one.message_id for one in request.beside)]
    for call in calls_of(theirs, request.operation):
        if any(_is_id(call.message_id, id) for id in known[1:]):
            continue  # explained by another message
        if not call.message_id.strip() or call.version == sent.version:
            return True
    return False


def _likenesses(
    theirs: contract.HeldDossier, sent: Sent, resolution: TimeTextResolution
) -> dict[str, Likeness]:
    there = {file.sha256.casefold() for file in theirs.files}
    # A list of files that was not shown, or hashes in another writing, are no word of other files.
    shown = not (isinstance(theirs, Shown) and "TapTin" in theirs.unsaid)
    other = DIFFERENT if shown and all(map(_HASH.fullmatch, there)) else UNCLEAR
    # Other calls add files to the dossier, so the town may hold more than was in this one.
    if isinstance(sent, contract.Transfer):
        files = _hashes(sent.papers) | {file.sha256 for file in sent.other_files}
        step = resolution.time
        return {
            "MaQuyTrinh": compare_codes(sent.process.code, theirs.process),
            "NgayTiepNhan": compare_times(sent.received_at, theirs.received_at, step=step),
            "NgayHenTra": compare_times(sent.due_at, theirs.due_at, step=step),
            "TapTin": SAME if files <= there else other,
        }
    if isinstance(sent, contract.Supplement):
        return {"TapTin": SAME if _hashes(sent.papers) <= there else other}
    return {}


def _hashes(papers: Iterable[contract.Paper | contract.SuppliedPaper]) -> set[str]:
    return {file.sha256 for paper in papers for file in paper.files}
