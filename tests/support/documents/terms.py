"""The Vietnamese terms of docs/runbook/terms.md, and where texts use a word that it refuses."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from tests.support.documents.commands import ROOT

PAGE = ROOT / "docs/runbook/terms.md"


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
