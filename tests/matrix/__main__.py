"""`script/test matrix`: runs what is claimed, and prints one table.

Exit code 1 when a combination failed. A combination of which a version is missing is named and
left out. What each slice printed is in var/matrix.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.matrix import kept, table
from tests.matrix.combinations import COMBINATIONS, Combination
from tests.matrix.kept import Result
from tests.matrix.programs import Programs, find
from tests.matrix.run import missing, run

LOGS, KEPT = Path("var/matrix"), Path("var/cache/matrix")


def main(
    python: Annotated[list[str], typer.Option(help="A Python with the project's packages.")],
    debian13: Annotated[Path | None, typer.Option(help="The folder with Debian 13.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Use no earlier result.")] = False,
    readme: Annotated[bool, typer.Option("--readme", help="Write the README's table.")] = False,
    only: Annotated[
        list[int] | None, typer.Option(help="These combinations only: 1, 2 ...")
    ] = None,
) -> None:
    """Run the matrix."""
    console = Console()
    found = find(debian13, python)
    LOGS.mkdir(parents=True, exist_ok=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    chosen = [COMBINATIONS[number - 1] for number in only] if only else COMBINATIONS
    rows = {it: _one(console, it, found, again) for it in chosen}
    console.print(table.for_terminal(rows))
    if readme:
        table.into_readme(rows, Path("README.md"))
    bad = [it for it in rows.values() if isinstance(it, Result) and not it.good]
    run_at_all = [it for it in rows.values() if isinstance(it, Result)]
    console.print(f"{len(run_at_all)} of {len(rows)} combinations run, {len(bad)} failed")
    raise typer.Exit(1 if bad else 0)


def _one(
    console: Console, combination: Combination, found: Programs, again: bool
) -> Result | list[str]:
    absent = missing(combination, found)
    if absent:
        return absent
    path, wanted = KEPT / f"{combination.name}.json", kept.key(combination, found)
    result = None if again else kept.read(path, wanted)
    if result is not None:
        console.print(f"[dim]{combination.name}: kept from {result.at:%Y-%m-%d %H:%M} UTC[/]")
        return result
    console.print(f"[dim]{combination.name} ...[/]")
    result = Result(datetime.now(UTC), run(combination, found, LOGS))
    kept.write(path, result, wanted)
    return result


if __name__ == "__main__":
    typer.run(main)
