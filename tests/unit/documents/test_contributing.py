"""CONTRIBUTING answers "where would I add ...?" within three files, and the answers are right."""

import re

import pytest

from tests.support.documents.commands import ROOT

ASKED = (
    "a partner", "a fault code", "a column to deliveries", "a CLI verb", "a device",
    "a message type", "a text", "a setting", "an operation for partners", "a check of the doctor",
    "a refusal code", "a console page", "an alert rule",
)  # fmt: skip
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?)\? \| (.+?) \| (.+) \|$", TEXT, flags=re.MULTILINE)


def places(cell: str) -> list[tuple[str, str]]:
    """Return the files of an answer, each with what is named in it."""
    return re.findall(r"`([^`]+)` `([^`]+)`", cell)


def test_every_question_has_an_answer_in_at_most_three_files() -> None:
    """A newcomer opens no more to know where to begin."""
    answers = {question: places(cell) for question, cell, _ in ROWS}
    assert set(ASKED) <= set(answers)
    assert {question for question, named in answers.items() if not 1 <= len(named) <= 3} == set()


@pytest.mark.parametrize(
    ("path", "name"), [place for _, cell, _ in ROWS for place in places(cell)], ids=str
)
def test_file_of_an_answer_holds_what_is_named(path: str, name: str) -> None:
    """A definition, a heading of a table, a section: not only the word."""
    text = (ROOT / path).read_text(encoding="utf-8")
    pattern = rf"^(def|class) {name}\b|^{name}( =|:)|^#+ {name}$"
    if name.startswith("["):
        pattern = f"^{re.escape(name)}$"
    assert re.search(pattern, text, flags=re.MULTILINE), f"{path} has no {name}"


def test_what_the_answers_say_beside_the_files_is_there() -> None:
    """Folders and scripts of the last column."""
    for _, _, says in ROWS:
        for path in re.findall(r"`((?:hub|adapters|script|tests|docs)/[\w./-]+)`", says):
            assert (ROOT / path).exists(), path
