"""The commands of the documents, as they stand there."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
README, RUNBOOK = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "RUNBOOK.md")
)
_FENCE = re.compile(r"^```sh\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
_ANY_FENCE = re.compile(r"^```.*?^```", flags=re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")


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
