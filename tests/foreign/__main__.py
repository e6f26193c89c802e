"""The long run: `python -m tests.foreign [--dossiers N] [--kills N] [--seed S] [--partner NAME]`.

Prints for each foreign partner what its own ledger shows; exit code 1 when anything was lost,
doubled or out of order, with the seed.
"""

import itertools
import json
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from hub.drill.sandbox.programs import MissingProgram
from tests.foreign.exchange.exchange import run
from tests.foreign.exchange.kinds import KINDS
from tests.foreign.exchange.partner import Kind

PLACE = Path("var/foreign-run")


def main(
    dossiers: Annotated[int, typer.Option(min=1, help="With each partner.")] = 600,
    kills: Annotated[
        int, typer.Option(min=0, help="SIGKILLs with each, every fifth its own.")
    ] = 25,
    seed: Annotated[int, typer.Option(help="Another seed, other moments.")] = 2018,
    partner: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}; empty: each.")] = "",
) -> None:
    """Exchange dossiers with the foreign partners while replies are lost and both sides die."""
    console = Console()
    if partner and partner not in KINDS:
        console.print(f"[red]There is no partner {partner!r}; there are {', '.join(KINDS)}.[/]")
        raise typer.Exit(2)
    plan = [who for who, _ in zip(itertools.cycle(["hub"] * 4 + ["partner"]), range(kills))]
    chosen = [KINDS[partner]] if partner else list(KINDS.values())
    rows = [_one(console, kind, dossiers, plan, seed) for kind in chosen]
    _show(console, rows)
    name = f"report-{partner}.json" if partner else "report.json"
    (PLACE / name).write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    raise typer.Exit(1 if any(row["problems"] for row in rows) else 0)


def _one(
    console: Console, kind: Kind, dossiers: int, kills: list[str], seed: int
) -> dict[str, Any]:
    place, began = (PLACE / kind.name).absolute(), time.monotonic()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    console.print(f"[dim]{kind.name} ...[/]")
    try:
        drill, problems = run(kind, place, dossiers=dossiers, kills=kills, seed=seed)
    except MissingProgram as error:
        return {"partner": kind.name, "problems": [str(error)]}
    entries = [it for it in drill.partner.entries() if it["what"] != "told"]
    if problems:
        console.print(f"[bold red]the seed was {seed}[/]", *problems[:20], sep="\n")
    return {
        "partner": kind.name,
        "dossiers": len(drill.counter.numbers),
        "effects": len(entries),
        "kills of the hub": drill.killed.count("hub"),
        "kills of the partner": drill.killed.count("partner"),
        **{f"replies {fate}": drill.line.fates[fate] for fate in ("lost", "late")},
        "requests cut": drill.line.fates["cut"],
        **{
            what: sum(f" {what}" in problem for problem in problems)
            for what in ("lost", "doubled", "out of order")
        },
        "seconds": round(time.monotonic() - began),
        "problems": problems,
    }


def _show(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None)
    table.add_column("")
    for row in rows:
        table.add_column(row["partner"], justify="right")
    for name in [key for key in rows[0] if key not in ("partner", "problems")]:
        table.add_row(name, *(str(row.get(name, "-")) for row in rows))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
