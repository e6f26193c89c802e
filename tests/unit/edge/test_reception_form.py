"""The form of a reception at a terminal: what is typed becomes a dossier, or nothing at all."""

import io
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from hub.cli.edge.reception_form import FormLeft, fill, matching
from hub.edge.numbers import ReservedNumbers
from hub.edge.receiving import receive
from hub.edge.spool.spool import Spool
from hub.messages.local_time import LOCAL
from hub.messages.payloads import DossierReceived
from hub.records.rulebook import Rulebook
from hub.rules.edge.numbers import Block

NOW = datetime(2018, 8, 27, 9, tzinfo=LOCAL)
CODE = "2.000880"
TypeLines = Callable[..., None]


@pytest.fixture
def rules() -> Rulebook:
    """The rules with the packaged data."""
    return Rulebook.load()


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> TypeLines:
    """Have a person type lines, and then nothing more."""
    return lambda *lines: monkeypatch.setattr(
        sys, "stdin", io.StringIO("".join(f"{it}\n" for it in lines))
    )


def answers(rules: Rulebook, *, last: str = "c") -> list[str]:
    """Return what a person types of a dossier with its first paper only."""
    (procedure,) = matching(rules, CODE, now=NOW)
    papers = ["c", *("k" for _ in procedure.components[1:])]
    return [CODE, "Lê Văn Mẫu", "", "", "tổ 3", *papers, "Trần Thị Mẫu", last]


def test_a_person_who_types_a_dossier_gets_a_reserved_number(
    rules: Rulebook, types: TypeLines, tmp_path: Path
) -> None:
    """The paper that was handed in, the person, the procedure; the rest is left empty."""
    types(*answers(rules))
    form = fill(rules, now=NOW)
    spool = Spool(tmp_path, budget=1_000_000)
    held = Block(agency="000.99.01.H57", day=NOW.date(), first=900_001, last=900_050, next=900_001)
    ReservedNumbers(spool.database).replace([], [held])
    number = receive(spool, "quay-2", msgspec.json.encode(form), now=NOW)
    assert number == "000.99.01.H57-180827-900001"
    (event,) = spool.sendable(events=5, size=10_000)
    message = msgspec.json.decode(event.body)
    payload = msgspec.convert(message["payload"], DossierReceived)
    assert payload.procedure == CODE
    assert (payload.applicant.name, payload.applicant.address) == ("Lê Văn Mẫu", "tổ 3")
    assert len(payload.components) == 1
    spool.close()


def test_a_procedure_is_found_by_words_without_marks(rules: Rulebook) -> None:
    """As one types in a hurry; a version that is not in force is not offered."""
    (by_code,) = matching(rules, CODE, now=NOW)
    words = " ".join(by_code.name.lower().split()[:3])
    assert by_code in matching(rules, words, now=NOW)
    assert by_code in matching(rules, "dat dai", now=NOW) + matching(rules, words, now=NOW)
    assert matching(rules, "không có thủ tục này", now=NOW) == []


@pytest.mark.parametrize("lines", [[], [CODE], [CODE, "Lê Văn Mẫu"]])
def test_a_form_that_is_left_is_no_dossier(
    rules: Rulebook, types: TypeLines, lines: list[str]
) -> None:
    """Ctrl-D at any question."""
    types(*lines)
    with pytest.raises(FormLeft):
        fill(rules, now=NOW)


def test_a_no_at_the_end_receives_nothing(rules: Rulebook, types: TypeLines) -> None:
    """What was typed is shown as a whole before a number is drawn."""
    types(*answers(rules, last="k"))
    with pytest.raises(FormLeft):
        fill(rules, now=NOW)
