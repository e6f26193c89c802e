"""At 80 columns a table keeps everything that identifies a case whole, on one line."""

import importlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from hub.cli.commands import COMMANDS
from hub.cli.output.listing import Listing, listing, render, shown
from hub.texts import Language, use_language

PATH = "/var/lib/hub/archive/2018/08/dossiers-0001.jsonl"
LONG = f"một câu dài mà người trực đọc và không nhận ra hồ sơ nào nhờ nó, xem {PATH} " * 3
IDENTIFIERS = {
    "dossier": "000.99.01.H57-180806-0001",
    "number": "1234567890",
    "message": "0190d6c0-0000-7000-8000-000000000001",
    "hash": "f" * 64,
    "operation": "province.supplement_requested.of.a.long.name",
    "type": "dossier.supplement_requested.of.a.long.name",
}


def listings() -> Iterator[Listing]:
    """Yield every listing that a command declares."""
    for module in sorted(set(COMMANDS.values())):
        for answers in importlib.import_module(module).ANSWERS.values():
            yield from (it for it in answers if isinstance(it, Listing))


def value_of(column: str, *, whole: bool) -> object:
    """Return a long value of a column."""
    if not whole:
        return LONG
    if column.endswith(("_at", "_seen", "since", "due")):
        return datetime(2018, 8, 6, 10, 30, 59, tzinfo=UTC)
    return IDENTIFIERS.get(column, f"{column}-{'x' * 24}-end")


def printed(of: Listing, rows: list[list[object]], width: int) -> list[str]:
    """Return the lines of a listing."""
    out = io.StringIO()
    render(Console(file=out, width=width), of, rows, "title")
    return out.getvalue().splitlines()


@pytest.mark.parametrize("of", list(listings()), ids=lambda it: f"{it.name} {len(it.columns)}")
@pytest.mark.parametrize("language", Language)
def test_no_identifier_is_cut_or_broken_at_80_columns(of: Listing, language: Language) -> None:
    """An officer copies it from the screen into the next command."""
    use_language(language)
    row = [value_of(name, whole=name in of.whole) for name in of.columns]
    lines = printed(of, [row, row], 80)
    for name, value in zip(of.columns, row, strict=True):
        if name in of.whole:
            assert sum(shown(value) in line for line in lines) >= 2, name
    words = " ".join(" ".join(lines).replace("│", " ").split())
    if set(of.columns) - of.whole:
        assert LONG.split()[0] in words
        assert "…" not in words
        assert sum(line.count(PATH) for line in lines) == 6 * len(set(of.columns) - of.whole)


def test_a_path_in_a_sentence_is_never_broken() -> None:
    """Where the sentences' column gets too narrow for the path, the row is a record."""
    of = listing("findings", "*subject finding what_to_do")
    row: list[object] = ["disk", f"at {PATH}", "Free some of the space there, or move the data."]
    for width in range(60, 140, 5):
        lines = printed(of, [row], width)
        assert any(PATH in line for line in lines), width
        assert max(map(cell_len, lines)) <= width
    assert printed(of, [row], 120)[1].startswith("┏")
    assert not any(line.startswith("┏") for line in printed(of, [row], 70))


def test_a_table_that_fits_is_a_table_and_another_one_is_records() -> None:
    """The same rows, at two widths."""
    of = listing("handovers", "*dossier *message reason")
    row: list[object] = [IDENTIFIERS["dossier"], IDENTIFIERS["message"], "short"]
    assert printed(of, [row], 120)[1].startswith("┏")
    records = printed(of, [row], 60)
    assert not any(line.startswith("┏") for line in records)
    assert [line.split()[-1] for line in records[1:4]] == row


def test_nothing_is_shown_as_a_dash_and_times_in_the_ward_s_zone() -> None:
    """And yes and no in the chosen language."""
    assert (shown(None), shown("")) == ("–", "–")
    assert shown(datetime(2018, 8, 6, 3, 0, tzinfo=UTC)) == "06/08/2018 10:00:00"
    assert (shown(True), shown(False)) == ("yes", "no")
    assert shown("đối tác từ chối ·\u00a0the partner refuses") == "the partner refuses"
