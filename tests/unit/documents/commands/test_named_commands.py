"""Documents and texts name commands that are there, and none by a former name."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli.commands import COMMANDS, FORMER, GROUPS

ROOT = Path(__file__).parents[4]
HISTORY = ("CHANGELOG.md", "hub/cli/commands.py", "tests/unit/documents/")
"""They name former commands on purpose."""
_SUFFIXES = {".md", ".py", ".toml", ".yml", ".yaml", ".sh", ".service", ""}
_FORMER = re.compile(
    rf"\bhub\s+({'|'.join(sorted(set(FORMER) - {'broker'}))})(?![\w-])"
    r"|`hub\s+broker(?=[`\s])(?!\s+(node|requeue))"
)
_GROUP = re.compile(rf"\bhub\s+({'|'.join(GROUPS)})\s+([a-z][a-z-]+)")
_JOINED = re.compile(r'"\n\s+f?"')
"""Between two pieces of one string."""
_SPAN = re.compile(r"`hub ([a-z][a-z-]*)")


def texts() -> Iterator[tuple[str, str]]:
    """Yield every file of the tree that a person reads, and its text."""
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - git of the developer's machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if name and path.suffix in _SUFFIXES and path.is_file() and not name.startswith(HISTORY):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield name, _JOINED.sub("", text) if path.suffix == ".py" else text


def former_verbs_in(page: str) -> list[str]:
    """Return the former commands that a page of the runbook uses as verbs, without `hub`.

    Of the other former words each is a plain English word, too.
    """
    return re.findall(r"(?<![\w-])(?:unpark|rebuild|by-hand)(?![\w-])", page)


def wrong_in(text: str) -> list[str]:
    """Return the commands of a text that are not there, or have another name now."""
    former = [f"former: {' '.join(match[0].split())}" for match in _FORMER.finditer(text)]
    known = {path.split()[0] for path in COMMANDS}
    named = [f"{group} {word}" for group, word in _GROUP.findall(text)]
    return [
        *former,
        *(f"no command: hub {words}" for words in named if words not in COMMANDS),
        *(f"no command: hub {word}" for word in _SPAN.findall(text) if word not in known),
    ]


def test_every_command_that_the_tree_names_is_there() -> None:
    """In documents, pages, refusals, tasks, log events, help, comments, tests."""
    wrong = [f"{name}: {problem}" for name, text in texts() for problem in wrong_in(text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "planted",
    [
        "see hub stuck",
        "`hub\n  unpark ID`",
        "hub partners reconcile",
        "`hub replayed 17`",
        "`hub broker`",
        "`hub broker --directory x`",
        "hub deliveries by-hand 17",
    ],
)
def test_a_former_or_mistyped_command_in_a_text_is_found(planted: str) -> None:
    """The check can fail."""
    assert wrong_in(f"Then {planted}, please.")


@pytest.mark.parametrize("meant", ["the hub cancels it", "`hub broker node`", "hub tasks, then"])
def test_a_command_of_today_and_a_sentence_about_the_hub_are_let_be(meant: str) -> None:
    """The words of the hub in prose are no commands."""
    assert wrong_in(f"Then {meant}.") == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs/runbook").glob("*.md")), ids=str)
def test_no_page_of_the_runbook_uses_a_former_command_as_a_verb(path: Path) -> None:
    """Also in the English half, which is in italics: its reader would type what is not there."""
    assert former_verbs_in(path.read_text(encoding="utf-8")) == []


def test_a_former_command_in_italics_is_found() -> None:
    """The check can fail."""
    assert former_verbs_in("<br>*It is enqueued again; rebuild does it at once.*") == ["rebuild"]
