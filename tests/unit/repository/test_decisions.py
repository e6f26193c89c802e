"""Each decision is a file of one shape, and the list of them is complete."""

import re
from pathlib import Path

import pytest

from tests.support.documents.commands import ROOT, too_long

FOLDER = ROOT / "docs/decisions"
FILES = sorted(FOLDER.glob("[0-9]*.md"))


def title_of(path: Path) -> str:
    """Return the title of a decision, without its number."""
    found = re.match(r"# (\d{4})\. (.+)\n", path.read_text(encoding="utf-8"))
    assert found is not None, path.name
    assert path.name.startswith(f"{found[1]}-"), path.name
    return found[2]


def test_the_list_names_every_decision_and_no_other() -> None:
    """In the order of their numbers, with their titles; one that was given back is left out."""
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \[(\d{4})\]\((.+)\) (.+)$", listed, re.MULTILINE) == [
        (path.name[:4], path.name, title_of(path)) for path in FILES
    ]
    assert len({path.name[:4] for path in FILES}) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:4])
def test_a_decision_has_context_decision_and_consequence_in_short_sentences(path: Path) -> None:
    """Three headings, something under each, and no sentence over 30 words."""
    text = path.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    assert parts[1::2] == ["Context", "Decision", "Consequence"]
    assert all(part.strip() for part in parts[2::2])
    assert too_long(text) == []
