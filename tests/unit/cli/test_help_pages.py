"""What --help prints is whole, in the language of its reader, and fits a terminal of 80 columns."""

from functools import cache
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from hub.cli import app
from hub.cli.commands import COMMANDS, GROUPS
from hub.cli.output.help_page import lines
from hub.cli.root import load
from hub.texts import Language, both

WIDTH = 80
OWN_HELP = {"simulate"}
"""Its partner's simulator explains its own options."""
PAGES = sorted({"", *COMMANDS, *GROUPS} - OWN_HELP)
FOREIGN = {
    Language.VI: ("Usage", "Options", "Arguments", "Commands", "required", "default", "<int>"),
    Language.EN: ("Cách dùng", "Tùy chọn", "Tham số", "bắt buộc", "mặc định", "<int>"),
}


@cache  # two tests read the English ones
def page(path: str, language: Language) -> str:
    """Return the help of a command or group."""
    environment = {"HUB_LANGUAGE": language, "COLUMNS": str(WIDTH)}
    result = CliRunner().invoke(app, [*path.split(), "--help"], env=environment)
    assert result.exit_code == 0
    return str(result.output)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("path", PAGES)
def test_a_help_page_is_in_one_language_and_fits_80_columns(path: str, language: Language) -> None:
    """Headings, kinds of values and notes too; Typer's own words are English only."""
    printed = page(path, language)
    assert [line for line in printed.splitlines() if cell_len(line) > WIDTH] == []
    assert [word for word in FOREIGN[language] if word in printed] == []
    assert both("help_page.options").in_language(language) in printed


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - OWN_HELP))
def test_a_help_page_names_every_option_and_argument_with_its_whole_sentence(path: str) -> None:
    """Nothing is cut where the terminal is narrow."""
    command = load(path)
    printed = " ".join(page(path, Language.EN).split())
    for parameter in command.params:
        assert parameter.opts[0] in printed
        sentence = both(f"options.{parameter.help}").en
        assert " ".join(sentence.split()) in printed


def test_a_page_says_what_is_needed_and_what_holds_without_it() -> None:
    """As the help of Typer did."""
    printed = " ".join(page("clients add", Language.EN).split())
    assert "Usage: " in printed
    assert " clients add <id> [options] " in printed
    assert "(required; repeatable)" in printed
    assert "(1 to 1830; default: 365)" in printed
    assert "--certificate-by <public-key|names>" in printed
    assert "(delivered | absent; required)" in " ".join(
        page("deliveries resolve", Language.EN).split()
    )


def test_a_long_label_keeps_its_column_narrow() -> None:
    """So that sentences keep their room."""
    command: Any = load("clients add")
    command.help = "Adds."
    found = list(lines(command, "hub clients add", [], WIDTH))
    label = next(line for line in found if "--certificate-by" in line)
    assert label.strip() == "--certificate-by <public-key|names>"
