"""One Vietnamese word for one thing, on the screen and in the runbook (docs/runbook/terms.md)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents.commands import ROOT
from tests.support.documents.text_uses import FOLDER

PAGE = ROOT / "docs/runbook/terms.md"
FILES = sorted(FOLDER.glob("*.toml"))
GUIDE = ROOT / "hub/gateway/docs/guide"
PAGES = [
    *sorted((ROOT / "docs/runbook").glob("*.md")),
    *sorted(GUIDE.glob("*.md")),
    ROOT / "README.md",
]


@cache
def refused() -> dict[str, str]:
    """Return each refused word and the term that stands for it."""
    found: dict[str, str] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if line.startswith("| ") and len(cells) == 4 and cells[3] not in {"", "Không viết", "---"}:
            found |= {word.strip(): cells[0] for word in cells[3].split(",")}
    return found


def misused(words: str) -> Iterator[str]:
    """Yield what a text should not say, with what it should."""
    plain = unicodedata.normalize("NFC", " ".join(words.split())).lower()
    for word, term in refused().items():
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain):
            yield f"“{word}”: {term}"


def vietnamese(entries: Any) -> list[str]:
    """Return the Vietnamese sentences of a file, of whatever form its entries are."""
    if isinstance(entries, list):
        return [sentence for entry in entries for sentence in vietnamese(entry)]
    if not isinstance(entries, dict):
        return []
    own = [entries["vi"]] if isinstance(entries.get("vi"), str) else []
    return [*own, *(it for entry in entries.values() for it in vietnamese(entry))]


@pytest.mark.parametrize("file", FILES, ids=lambda it: it.stem)
def test_the_catalogue_has_one_word_for_one_thing(file: Path) -> None:
    """An officer who reads two words looks for two things."""
    entries = tomllib.loads(file.read_text(encoding="utf-8"))
    found = {it: list(misused(it)) for it in vietnamese(entries)}
    assert {it: words for it, words in found.items() if words} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.name)
def test_a_page_has_the_words_of_the_screen(page: Path) -> None:
    """What is read in the runbook is found on the screen again."""
    if page != PAGE:
        assert list(misused(page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("word", sorted(refused()))
def test_a_planted_word_is_found_with_its_term(word: str) -> None:
    """At the beginning of a sentence too, and over two lines."""
    assert list(misused(f"{word.capitalize()} ở đây."))
    assert list(misused(f"xem {word.replace(' ', chr(10), 1)}"))
    assert refused()[word] in PAGE.read_text(encoding="utf-8")


def test_a_term_is_not_refused_itself() -> None:
    """No word of the first column stands in the last."""
    for terms in refused().values():
        assert list(misused(terms)) == []
