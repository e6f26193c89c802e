"""How the simulated town works a dossier: which steps, in which business time. Pure.

A dossier's life follows from its number and the seed alone, so two runs tell the same story in
whatever order the dossiers arrive. Times are computed from the dossier's own dates in working
time and normally end before its due date; nothing here waits or knows the present.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.town_center.simulator.working_time import add_working, working_between
from hub.messages.payloads import TownStep

DESK = "Bộ phận một cửa thị xã"
UNIT = "Phòng chuyên môn thị xã"


@dataclass(frozen=True, slots=True)
class Step:
    """One step that the town will report; `at` is business time."""

    step: TownStep
    at: datetime
    officer: str
    note: str = ""


def first_steps(
    number: str, *, transferred: datetime, due: datetime, seed: int, supplement_share: float
) -> list[Step]:
    """Return the steps from acceptance to the end, or to the wait for a supplement."""
    draw = random.Random(f"{seed}:{number}")  # noqa: S311 - a story, not a secret
    needs_more = draw.random() < supplement_share
    moves = 1 if needs_more else draw.randint(1, 3)
    kinds = [TownStep.ACCEPTED, *[TownStep.MOVED_ON] * moves]
    kinds.append(TownStep.AWAITING_SUPPLEMENT if needs_more else TownStep.ENDED)
    goes_to = draw.uniform(0.2, 0.3) if needs_more else draw.uniform(0.55, 0.8)
    return _spread(kinds, since=transferred, span=working_between(transferred, due) * goes_to)


def later_steps(number: str, *, supplied: datetime, due: datetime, seed: int) -> list[Step]:
    """Return the steps from the supplement's arrival to the end."""
    draw = random.Random(f"{seed}:{number}:supplied")  # noqa: S311
    kinds = [TownStep.SUPPLEMENTED, *[TownStep.MOVED_ON] * draw.randint(1, 2), TownStep.ENDED]
    span = working_between(supplied, due) * draw.uniform(0.5, 0.75)
    return _spread(kinds, since=supplied, span=span)


def until(steps: list[Step], limit: datetime | None) -> list[Step]:
    """Return the steps whose business time does not lie after `limit`."""
    return steps if limit is None else [step for step in steps if step.at <= limit]


def _spread(kinds: list[TownStep], *, since: datetime, span: timedelta) -> list[Step]:
    """Put the steps evenly into `span` of working time, the first soon after `since`."""
    soon = min(timedelta(hours=2), span / 10)
    gap = max(timedelta(minutes=5), (span - soon) / max(1, len(kinds) - 1))
    steps, at = [], add_working(since, soon)
    for kind in kinds:
        officer = DESK if kind in {TownStep.ACCEPTED, TownStep.SUPPLEMENTED} else UNIT
        steps.append(Step(kind, at, officer, _NOTES.get(kind, "")))
        at = add_working(at, gap)
    return steps


_NOTES = {
    TownStep.AWAITING_SUPPLEMENT: "Đề nghị bổ sung giấy tờ còn thiếu.",
    TownStep.ENDED: "Đã có kết quả giải quyết.",
}


def result_document(number: str, at: datetime) -> bytes:
    """Return a small PDF that says which dossier it is the result of."""
    text = f"BT /F1 12 Tf 40 100 Td (Ket qua {number} {at:%d/%m/%Y}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 200] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    body, offsets = bytearray(b"%PDF-1.4\n"), []
    for index, item in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (index, item)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(body)
