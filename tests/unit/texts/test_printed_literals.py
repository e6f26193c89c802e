"""What a person reads comes from the catalogue: a sentence in the code is in one language only."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents.commands import ROOT
from tests.support.documents.printed_literals import printed_sentences
from tests.support.documents.text_uses import sources

ALLOWED: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("english_in_code.toml").read_text(encoding="utf-8")
)


def test_a_module_prints_no_sentence_of_its_own() -> None:
    """An operator who reads Vietnamese would get half an answer in English."""
    found = {name: own for name, path in judged() if (own := sentences_of(name, path))}
    assert found == {}, "use hub.texts"


def judged() -> Iterator[tuple[str, Path]]:
    """Yield the modules outside the folders that print to nobody but engineers."""
    for path in sources():
        name = str(path.relative_to(ROOT))
        if not name.startswith(tuple(ALLOWED["folders"])):
            yield name, path


def sentences_of(name: str, path: Path) -> list[tuple[int, str]]:
    """Return the sentences that a module may not print."""
    printed = printed_sentences(path, evidence=evidence_in(name))
    return [it for it in printed if it[1] not in ALLOWED["literals"]]


def evidence_in(name: str) -> frozenset[str]:
    """Return the calls of a module whose words are evidence."""
    folders = ALLOWED["evidence"].items()
    return frozenset(call for folder, calls in folders if name.startswith(folder) for call in calls)


def test_every_exception_is_needed() -> None:
    """What no module prints any more leaves the list."""
    printed = {words for path in sources() for _, words in printed_sentences(path)}
    assert set(ALLOWED["literals"]) <= printed


@pytest.mark.parametrize(
    "line",
    [
        'yield Check("disk", False, "the disk is full")',
        'yield Check("disk", False, detail, fix=f"free some of {place} soon")',
        'refuse("there is no such thing")',
        'refuse("yes" if good else "it is not good")',
        'raise SettingsError(f"{name}: cannot be used")',
        'words = "the disk is full"\n    refuse(words)',
        "refuse(WORDS)",
        'print_line("nothing to do: " + why)',
        'sys.stderr.write(f"{old} works no longer\\n")',
        'problems.append(f"{name}: there is no such setting")',
        'return ProfileProblem(source, key, "no such key")',
        'yield TopologyProblem(subject, f"no queue behind {name}")',
        'context.learn(("lookup", "lag"), lag, f"measured {lag} until it came")',
        'return Taught(False, "no code in the reply")',
    ],
)
def test_a_planted_sentence_is_found(tmp_path: Path, line: str) -> None:
    """Directly, in a condition, in parts, or through a name."""
    module = tmp_path / "planted.py"
    module.write_text(
        f'WORDS = "the disk is full"\n\n\ndef work():\n    {line}\n', encoding="utf-8"
    )
    assert printed_sentences(module) != ()


@pytest.mark.parametrize(
    "line",
    [
        'yield Check("broker version", True, text("broker_checks.sound"))',
        'refuse(text("unavailable.settings"), cause=str(error))',
        'print_line(f"{count} {name}", style="bold red")',
        'print_line("hub-work")',
    ],
)
def test_names_and_texts_of_the_catalogue_are_no_sentence(tmp_path: Path, line: str) -> None:
    """The subject of a check is its name, the same in both languages."""
    module = tmp_path / "planted.py"
    module.write_text(f"def work():\n    {line}\n", encoding="utf-8")
    assert printed_sentences(module) == ()
