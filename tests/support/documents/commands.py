"""The commands of the documents, as they stand there."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MESSAGES = (ROOT / "docs/messages.md").read_text(encoding="utf-8")
SIMULATORS = (ROOT / "docs/simulators.md").read_text(encoding="utf-8")
RUNBOOK_PAGES = sorted((ROOT / "docs/runbook").glob("*.md"))
RUNBOOK = "\n".join(page.read_text(encoding="utf-8") for page in RUNBOOK_PAGES)
"""All pages of the runbook."""
_FENCE = re.compile(r"^```sh\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
_ANY_FENCE = re.compile(r"^```.*?^```", flags=re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
LONGEST = 30
"""Words of a sentence in English."""
LONGEST_VI = 45
"""Syllables of a sentence in Vietnamese, which writes them apart: a word has one and a half."""
_VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


def blocks(text: str) -> list[str]:
    """Return the blocks of shell commands."""
    return _FENCE.findall(text)


def block(text: str, phrase: str) -> str:
    """Return the one block of shell commands that holds the phrase."""
    (found,) = [it for it in blocks(text) if phrase in it]
    return found


def lines(block: str) -> list[str]:
    """Return the commands of a block: joined where they go on, without comments."""
    joined = re.sub(r"\\\n\s*", "", block)
    bare = (re.sub(r"(^|\s)# .*", "", line).strip() for line in joined.splitlines())
    return [line for line in bare if line]


def commands(text: str) -> list[str]:
    """Return every command in blocks and in running text, each once, in their order."""
    spans = (re.sub(r"\s+", " ", span) for span in _SPAN.findall(_ANY_FENCE.sub("", text)))
    written = [*(line for it in blocks(text) for line in lines(it)), *spans]
    return list(dict.fromkeys(written))


def of_the_hub(command: str) -> list[str] | None:
    """Return the words behind `hub`, None where it is another program's command."""
    found = re.match(r"(?:\.venv/bin/)?hub (?=[a-z])(.*)", command)
    return shlex.split(found[1]) if found else None


def operator_name() -> str:
    """Return the name that the runbook has an operator set once in the shell."""
    found = re.search(r'`export HUB_OPERATOR="([^"]+)"`', RUNBOOK)
    assert found, "the runbook does not say how a name is given"
    return found[1]


def sentences(text: str) -> list[str]:
    """Return the sentences of prose, list items and table cells, without those of blocks."""
    prose = re.sub(r"<br>", "\n\n", _ANY_FENCE.sub("\n\n", text))
    prose = re.sub(r"\]\([^)\s]+\)", "]", prose)
    prose = re.sub(r"^(#+ .*|[|\s:-]+)$", "", prose, flags=re.MULTILINE)
    pieces = re.split(r"\n\s*\n|^\s*(?:[-*]|\d+\.) |\||(?<=[.!?…])\s+", prose, flags=re.MULTILINE)
    return [" ".join(piece.split()) for piece in pieces if piece and piece.strip()]


def too_long(text: str) -> list[str]:
    """Return the sentences that a reader with school English has to read twice."""
    found = []
    for sentence in sentences(text):
        words = [word for word in sentence.split() if re.search(r"\w", word)]
        vietnamese = sum(bool(_VIETNAMESE.search(word)) for word in words) > len(words) / 4
        if len(words) > (LONGEST_VI if vietnamese else LONGEST):
            found.append(f"{len(words)}: {sentence}")
    return found
