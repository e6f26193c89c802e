"""A colleague with school English understands the documents at the first reading."""

from pathlib import Path

import pytest

from tests.support.documents.commands import ROOT, sentences, too_long

READ = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
PAGES = [*READ, *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", [ROOT / name for name in PAGES], ids=PAGES)
def test_no_sentence_of_a_document_has_more_than_thirty_words(page: Path) -> None:
    """In prose, list items and table cells; 45 syllables in Vietnamese."""
    text = page.read_text(encoding="utf-8")
    assert sentences(text)
    assert too_long(text) == []


def test_the_architecture_is_one_page() -> None:
    """About 2,500 words: what takes longer is a decision or a page of its own."""
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split()) < 2_700


def test_a_sentence_that_is_too_long_is_found_wherever_it_stands() -> None:
    """In a paragraph over two lines, in an item, in a cell; not in a block of commands."""
    long = " ".join(["word"] * 31)
    over_lines = f"1. {long[:80]}\n{long}"
    for text in (f"Short. {long}.\n", f"- {long}\n", f"| `a` | {long} |\n", over_lines):
        assert too_long(text), text
    assert too_long(f"```sh\n{long}\n```\n") == []
    assert too_long("Cán bộ " * 22) == []
    assert too_long("Cán bộ " * 23)
