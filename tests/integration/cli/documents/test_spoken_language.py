"""Every command speaks one language: that of HUB_LANGUAGE, with good and with bad input."""

import re
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.cli.commands import COMMANDS
from hub.cli.root import load
from hub.store.engine.store import Store
from hub.texts import Language
from tests.support.documents.typed_commands import arguments

QUIET = {"run", "demo", "broker node", "simulate", "topology export"}
"""They start a process, or print a document for a program."""
SPEAKING = sorted(set(COMMANDS) - QUIET)
_ENGLISH = re.compile(r"\b(the|is|are|was|were|of|and|not|there|with|cannot|has|have|needs?)\b")
_VIETNAMESE = re.compile(r"[\u0300\u0301\u0303\u0309\u0323\u031b]|đ")
_NAMES = re.compile(
    r"/\S+|`[^`]*`|'[^']*'|“[^”]*”|\"[^\"]*\"|--[a-z-]+|Trần Thị Bình|[a-z_]+_[a-z_]+"
)
"""What stays as it is in either language: names, what was typed, what is quoted."""
SEARCHING = {"devices discover"}
"""Without a word it searches for seconds, and says what it says when it is to search for one."""
DATA = {"partners procedures", "partners show"}
"""They print official names, or words of a partner, which are Vietnamese in any language."""


def foreign(output: str, language: Language) -> list[str]:
    """Return the lines of an output that hold words of the other language."""
    found = []
    for line in output.splitlines():
        words = _NAMES.sub("", line)
        if language is Language.EN:
            words = unicodedata.normalize("NFD", words)
        if (_ENGLISH if language is Language.VI else _VIETNAMESE).search(words):
            found.append(line)
    return found


def said(path: str, words: list[str], language: Language) -> str:
    """Return what a command prints, on both streams."""
    environment = {"HUB_LANGUAGE": language, "HUB_OPERATOR": "Trần Thị Bình", "COLUMNS": "80"}
    result = CliRunner().invoke(app, [*path.split(), *words], env=environment, input="\n")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return str(result.output)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", SPEAKING)
def test_a_command_speaks_the_language_of_its_reader(
    installed: Store, tmp_path: Path, path: str, language: Language
) -> None:
    """Answers, headings and refusals; a technical cause and official names stay as they are."""
    assert installed.name == "sqlite"
    command = load(path)
    file = tmp_path / "given.json"
    file.write_text("{}", encoding="utf-8")
    typed = [arguments(command, file)]
    if (missing := arguments(command, tmp_path / "none")) not in typed:
        typed.append(missing)
    if path not in SEARCHING:
        typed.append([])
    if path == SPEAKING[0]:
        typed.append(["--wrong"])  # one place refuses it for all of them
    for words in typed:
        output = said(path, words, language)
        assert path in DATA or foreign(output, language) == [], f"{path} {' '.join(words)}"


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Lượt gửi 3 is not dead any more", Language.VI),
        ("Không có lệnh: there is none", Language.VI),
        ("There is no delivery: không có", Language.EN),
        ("Usage: đối tác", Language.EN),
    ],
)
def test_a_mixed_line_is_found(line: str, language: Language) -> None:
    """The check would fail where a sentence is in the other language."""
    assert foreign(line, language) == [line]


@pytest.mark.parametrize("path", ["deliveries attention", "tasks list", "clients list"])
def test_an_answer_is_not_the_same_in_both_languages(installed: Store, path: str) -> None:
    """The language of the process is that of the environment, each time."""
    assert installed.name == "sqlite"
    assert said(path, [], Language.VI) != said(path, [], Language.EN)
