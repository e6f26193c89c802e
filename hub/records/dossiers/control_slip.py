"""The control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ), as data.

One row a hand-over, with the acknowledgement of both sides. What a partner said out of order
stands there with the reason why it moved nothing. Read from the database and from the archive's
index; no names of persons.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.messages import catalog
from hub.messages.partners import named
from hub.records.deadlines.due_dates import classify
from hub.rules.failures.errors import FAULTS, STORED_DEFERRED
from hub.store.archive import files as archive_files
from hub.store.archive import index as archive_index
from hub.store.archive.index import Archived
from hub.store.deliveries import attempts
from hub.store.engine.store import Tx
from hub.store.evidence import handovers
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier
from hub.store.records.reading import timeline
from hub.texts import Text, both, joined

RESULTS = {
    *("delivered", "already", "accepted", "transient", "permanent", "ambiguous"),
    *STORED_DEFERRED,
    *("absent", "unknown", "by_hand"),
}
"""Those with a name in the slip; another one of an old row stands there as it is."""
UNCONFIRMED = {"transient", "ambiguous", "unknown", *STORED_DEFERRED}
"""After these the other side has confirmed nothing, whenever the call ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipRow:
    """One hand-over."""

    place: int
    partner: str
    """The other side, as the store names it."""
    giver: Text
    taker: Text
    sent_at: datetime | None
    confirmed_at: datetime | None
    """When the taker said that it has it."""
    receipt: str
    recorded_at: datetime
    result: Text
    operation: str
    code: str
    note: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSlip:
    """What the database and the archive's index know of a dossier's way."""

    number: str
    rows: Sequence[SlipRow]
    known: Dossier | None
    archived: Archived | None
    file: str
    """Name of the archive's file, "" while the dossier is in the database."""

    @property
    def ending(self) -> Dossier | Archived | None:
        """What knows the due date and the end, None for a dossier that the ward never had."""
        return self.known or self.archived

    @property
    def timeliness(self) -> str:
        """`early`, `on_time` or `late`; `open` for one that has not ended."""
        if self.ending is None or self.ending.finished_at is None:
            return "open"
        return classify(self.ending.finished_at, self.ending.due_at).value


def of_dossier(
    tx: Tx, number: str, *, shows: Callable[[str], bool] = lambda _partner: True
) -> ControlSlip:
    """Return the slip of a dossier number; `shows` tells whose hand-overs it has."""
    rows = [row for row in handovers.of_dossier(tx, number) if shows(row.partner)]
    sent = sorted({row.delivery_id for row in rows if row.delivery_id is not None})
    not_applied = {it.message_id: it.why_not for it in timeline.events_of(tx, number) if it.why_not}
    archived = archive_index.get(tx, number)
    return ControlSlip(
        number=number,
        rows=list(_rows(rows, attempts.differing(tx, sent), not_applied)),
        known=dossiers.get(tx, number, lock=False),
        archived=archived,
        file=archive_files.one(tx, archived.file).name if archived else "",
    )


def _rows(
    rows: Sequence[Any],
    differing: Mapping[tuple[int, int], str],
    not_applied: Mapping[str, str],
) -> Iterator[SlipRow]:
    ward = both("trail.ward")
    for place, row in enumerate(rows, 1):
        other = _side(row.partner)
        giver, taker = (ward, other) if row.direction == handovers.OUT else (other, ward)
        yield SlipRow(
            place=place,
            partner=row.partner,
            giver=giver,
            taker=taker,
            sent_at=row.sent_at,
            confirmed_at=None if row.outcome in UNCONFIRMED else row.answered_at,
            receipt=row.receipt,
            recorded_at=row.recorded_at,
            result=both(f"trail.result_{row.outcome}")
            if row.outcome in RESULTS
            else Text(row.outcome, row.outcome),
            operation=row.operation,
            code=row.code,
            note=joined(
                " ",
                _notes(
                    row.code,
                    differing.get((row.delivery_id, row.attempt)),
                    not_applied.get(row.receipt),
                ),
            ),
        )


def _side(partner: str) -> Text:
    return both("trail.devices") if partner == catalog.DEVICES else named(partner).title


def _notes(code: str, fields: str | None, why_not: str | None) -> list[Text]:
    found = []
    if fault := FAULTS.get(code):
        found.append(fault.text)
    if fields:
        found.append(both("trail.differs", fields=fields))
    if why_not:
        found.append(both("trail.not_applied", why=Text.read(why_not)))
    return found
