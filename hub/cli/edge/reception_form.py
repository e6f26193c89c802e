"""The questions of a reception at a terminal, for hours without a line.

The procedures and their papers are those of the program, so the form needs nothing from the hub.
What was typed is shown as a whole before a number is drawn.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from hub.cli.output.answer import print_line
from hub.cli.output.dialogue import NobodyAnswers, choose, line
from hub.messages.folding import bare
from hub.messages.local_time import LOCAL
from hub.records.registers.procedures import Procedure
from hub.records.rulebook import Rulebook
from hub.texts import text

MOST_SHOWN: Final = 12
"""Procedures that are listed to choose from."""


class FormLeft(Exception):
    """The person ended the form; nothing was received."""


def fill(rules: Rulebook, *, now: datetime) -> dict[str, Any]:
    """Return the form as the payload's fields, without a number. Raises FormLeft."""
    try:
        return _filled(rules, now)
    except NobodyAnswers:
        raise FormLeft from None


def _filled(rules: Rulebook, now: datetime) -> dict[str, Any]:
    procedure = _procedure(rules, now)
    applicant = {
        "hoTen": line(text("reception.applicant"), needed=True),
        "soGiayTo": line(text("reception.identity_number")),
        "soDienThoai": line(text("reception.phone")),
        "diaChi": line(text("reception.address")),
    }
    papers = _papers(procedure)
    officer = line(text("reception.officer"), needed=True)
    due = rules.due_at(procedure, now).astimezone(LOCAL)
    print_line(f"{procedure.code} {procedure.name}", style="bold")
    print_line(", ".join(it for it in applicant.values() if it))
    for paper in papers:
        print_line(f"- {paper['maThanhPhan']} {paper['tenThanhPhan']}")
    print_line(text("reception.due", due=f"{due:%H:%M %d/%m/%Y}"))
    if not _agrees(text("reception.right")):
        raise FormLeft
    return {
        "maTTHC": procedure.code,
        "chuHoSo": {name: it for name, it in applicant.items() if it},
        "thanhPhanHoSo": papers,
        "nguoiTiepNhan": officer,
        "ngayTiepNhan": now.isoformat(),
    }


def matching(rules: Rulebook, words: str, *, now: datetime) -> list[Procedure]:
    """Return the procedures in force today with this code, or all of these words in their name."""
    today, wanted = now.astimezone(LOCAL).date(), [bare(it) for it in words.split()]
    valid = [it for it in rules.catalogue if it.is_valid_on(today)]
    exact = [it for it in valid if it.code == words.strip()]
    return exact or [
        it for it in valid if all(word in bare(f"{it.code} {it.name}") for word in wanted)
    ]


def _procedure(rules: Rulebook, now: datetime) -> Procedure:
    while True:
        words = line(text("reception.procedure"), needed=True)
        found = matching(rules, words, now=now)
        if len(found) == 1:
            print_line(f"{found[0].code} {found[0].name}")
            return found[0]
        if not found or len(found) > MOST_SHOWN:
            print_line(text("reception.other_words", count=len(found)))
            continue
        if chosen := _chosen(found):
            return chosen


def _chosen(found: Sequence[Procedure]) -> Procedure | None:
    """Return the procedure of a list that the person chose, None for other words."""
    for nth, it in enumerate(found, 1):
        print_line(f"{nth:>2}  {it.code}  {it.name}")
    answer = line(text("reception.which", count=len(found)))
    number = int(answer) if answer.isascii() and answer.isdigit() and len(answer) < 3 else 0
    return found[number - 1] if 1 <= number <= len(found) else None


def _papers(procedure: Procedure) -> list[dict[str, Any]]:
    """Return the papers that were handed in, one at least."""
    while True:
        papers = [
            {
                "maThanhPhan": it.code,
                "tenThanhPhan": it.name,
                "soBanChinh": it.originals,
                "soBanSao": it.copies,
            }
            for it in procedure.components
            if _agrees(text("reception.paper", code=it.code, name=it.name))
        ]
        if papers:
            return papers
        print_line(text("reception.no_paper"))


def _agrees(question: str) -> bool:
    return choose(question, "yes", "no") == "yes"
