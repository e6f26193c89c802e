"""`hub dossier trail`: the control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ).

Each hand-over is a row, and the due date the last one. What a partner said out of order stands
there with the reason why it moved nothing. Names of the two sides and of results are texts of the
slip.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from hub.cli.context import opened
from hub.cli.output.answer import print_line, put, refuse, show
from hub.cli.output.listing import listing, shown
from hub.messages import catalog
from hub.messages.partners import named
from hub.records.deadlines.due_dates import classify
from hub.rules.failures.errors import FAULTS, STORED_DEFERRED
from hub.store.archive import files as archive_files
from hub.store.archive import index as archive_index
from hub.store.archive.index import Archived
from hub.store.deliveries import attempts
from hub.store.evidence import handovers
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier
from hub.store.records.reading import timeline
from hub.texts import text

app = typer.Typer()
HANDOVERS = listing(
    "handovers",
    "row from to *sent_at *confirmed_at *receipt *recorded_at result *operation *code note",
)
ANSWERS = {
    "trail": ("dossier", "due_at", "finished_at", "timeliness", "archived_at", "file", HANDOVERS)
}
RESULTS = {
    *("delivered", "already", "accepted", "transient", "permanent", "ambiguous"),
    *STORED_DEFERRED,
    *("absent", "unknown", "by_hand"),
}
"""Those with a name in the slip; another one of an old row stands there as it is."""
UNCONFIRMED = {"transient", "ambiguous", "unknown", *STORED_DEFERRED}
"""After these the other side has confirmed nothing, whenever the call ended."""


@dataclass(frozen=True, slots=True)
class _Trail:
    """What the database and the archive's index know of a dossier."""

    rows: Sequence[Any]
    differing: Mapping[tuple[int, int], str]
    not_applied: Mapping[str, str]
    """By the id of the message: why what a partner said moved nothing."""
    known: Dossier | None
    archived: Archived | None
    file: str


@app.command()
def trail(dossier: Annotated[str, typer.Argument(help="dossier")]) -> None:
    """Print the control slip of a dossier."""
    found = _read(dossier)
    ending = found.known or found.archived
    if ending is None and not found.rows:
        refuse(text("trail.no_dossier", dossier=dossier))
        raise typer.Exit(1)
    put(dossier=dossier, due_at=None, finished_at=None, timeliness=None)
    put(archived_at=None, file=found.file or None)
    show(HANDOVERS, _rows(found), title=text("trail.title", dossier=dossier))
    if ending is not None:
        result = _timeliness(ending)
        put(due_at=ending.due_at, finished_at=ending.finished_at, timeliness=result)
        print_line(text("trail.due", at=shown(ending.due_at), result=text(f"trail.due_{result}")))
    if found.archived is not None:
        at = found.archived.archived_at
        put(archived_at=at)
        erased = found.archived.erased_at is not None
        about = {"at": shown(at), "file": found.file}
        print_line(text("trail.archived_and_erased" if erased else "trail.archived", **about))


def _read(dossier: str) -> _Trail:
    with opened() as store, store.read() as tx:
        rows = handovers.of_dossier(tx, dossier)
        sent = {row.delivery_id for row in rows if row.delivery_id is not None}
        archived = archive_index.get(tx, dossier)
        return _Trail(
            rows,
            attempts.differing(tx, sorted(sent)),
            {it.message_id: it.why_not for it in timeline.events_of(tx, dossier) if it.why_not},
            dossiers.get(tx, dossier, lock=False),
            archived,
            archive_files.one(tx, archived.file).name if archived else "",
        )


def _rows(found: _Trail) -> Iterator[tuple[object, ...]]:
    ward, devices = text("trail.ward"), text("trail.devices")
    for place, row in enumerate(found.rows, 1):
        partner = devices if row.partner == catalog.DEVICES else str(named(row.partner).title)
        result = text(f"trail.result_{row.outcome}") if row.outcome in RESULTS else row.outcome
        confirmed = None if row.outcome in UNCONFIRMED else row.answered_at
        sides = (ward, partner) if row.direction == handovers.OUT else (partner, ward)
        fault = FAULTS.get(row.code)
        note = str(fault.text) if fault else ""
        if fields := found.differing.get((row.delivery_id, row.attempt)):
            note = f"{note} {text('trail.differs', fields=fields)}".strip()
        if why := found.not_applied.get(row.receipt):
            note = f"{note} {text('trail.not_applied', why=why)}".strip()
        yield (
            *(place, *sides, row.sent_at, confirmed, row.receipt, row.recorded_at),
            *(result, row.operation, row.code, note),
        )


def _timeliness(dossier: Dossier | Archived) -> str:
    if dossier.finished_at is None:
        return "open"
    return classify(dossier.finished_at, dossier.due_at).value
