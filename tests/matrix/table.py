"""The one table of a matrix: for a terminal, and for the README between its marks."""

from collections.abc import Mapping
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from tests.matrix.combinations import SLICES, Combination
from tests.matrix.kept import Result
from tests.matrix.run import Outcome

COLUMNS = ("RabbitMQ", "PostgreSQL", "Python", *SLICES)
MARK, END = "<!-- matrix -->", "<!-- /matrix -->"

Rows = Mapping[Combination, Result | list[str]]
"""For each combination what became of it, or what of it is missing on the machine."""


def cells(combination: Combination, result: Result | list[str]) -> list[str]:
    """Return the words of a row."""
    if isinstance(result, list):
        names = [combination.rabbitmq, combination.postgresql, combination.python]
        return [*names, "not run: no " + ", no ".join(result), *[""] * (len(SLICES) - 1)]
    told = result.outcomes["versions"].versions
    versions = [
        told.get("rabbitmq", f"{combination.rabbitmq}: no answer"),
        told.get("postgresql", f"{combination.postgresql}: no answer"),
        told.get("python", combination.python),
    ]
    return [*versions, *(_cell(result.outcomes[name]) for name in SLICES)]


def _cell(outcome: Outcome) -> str:
    failed = f"{outcome.failed} FAILED, " if outcome.failed else ""
    return f"{failed}{outcome.passed} in {outcome.seconds:.0f} s"


def for_terminal(rows: Rows) -> Table:
    """Return the table that `script/test matrix` prints."""
    title = "The versions that were run, and the tests that passed"
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        # At 80 columns a cell stays on one line; a sentence about what is missing wraps.
        table.add_column(name.replace(" ", "\n"), no_wrap=name not in SLICES)
    for combination, result in rows.items():
        bad = not isinstance(result, list) and not result.good
        style = "red" if bad else "dim" if isinstance(result, list) else ""
        table.add_row(*cells(combination, result), style=style)
    return table


def into_readme(rows: Rows, readme: Path) -> None:
    """Replace what stands between the README's marks by this table."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *(cells(*row) for row in rows.items())]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARK)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{MARK}\n{table}\n{END}{after}", encoding="utf-8")
