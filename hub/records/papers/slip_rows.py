"""The rows of a control slip as they are printed: calls that came to nothing are one row.

A partner that was away for a night leaves a row of evidence for each attempt; on paper one row with
their number says the same, and the slip stays one page. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from hub.records.dossiers.control_slip import SlipRow
from hub.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedRow:
    """One row on paper: a hand-over, or several attempts at one that nobody confirmed."""

    place: int
    giver: Text
    taker: Text
    operation: str
    first: datetime
    """When it was sent, or recorded where nothing was sent."""
    last: datetime
    """When the taker confirmed it, or of the last attempt."""
    confirmed: bool
    receipt: str
    result: Text
    notes: Sequence[Text]
    attempts: int


def printed(rows: Iterable[SlipRow]) -> list[PrintedRow]:
    """Return the rows of a slip in their order, numbered anew."""
    groups = [list(group) for _, group in groupby(rows, key=_alike)]
    return [_row(place, group) for place, group in enumerate(groups, 1)]


def _alike(row: SlipRow) -> object:
    """Return what rows of one hand-over that was not confirmed have in common."""
    if row.confirmed_at is not None:
        return row.place
    return row.giver, row.taker, row.operation, row.result


def _row(place: int, group: Sequence[SlipRow]) -> PrintedRow:
    first, last = group[0], group[-1]
    return PrintedRow(
        place=place,
        giver=first.giver,
        taker=first.taker,
        operation=first.operation,
        first=first.sent_at or first.recorded_at,
        last=last.confirmed_at or last.recorded_at,
        confirmed=last.confirmed_at is not None,
        receipt=last.receipt,
        result=last.result,
        notes=list(dict.fromkeys(it.note for it in group if it.note.vi)),
        attempts=len(group),
    )
