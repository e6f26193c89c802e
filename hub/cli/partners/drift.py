"""`hub partners drift`: how replies and served contracts differ from what the hub knows."""

from dataclasses import asdict
from json import dumps
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.context import console, one_of, opened
from hub.cli.partners import served_contracts
from hub.messages.partner_names import BY_SHORT
from hub.operations.drift.words import what
from hub.records.deadlines.calendar import local
from hub.store.repair import contracts
from hub.store.repair.drift import of_partner

app = typer.Typer()


@app.command("drift")
def drift(
    partner: Annotated[str, typer.Argument(help="province or town; without: both")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs, one JSON document.")] = False,
) -> None:
    """List how the partners' replies, and the contracts that they serve, differ, newest first."""
    if partner:
        one_of("PARTNER", partner, *BY_SHORT)
    wanted = [name for short, name in BY_SHORT.items() if partner in ("", short)]
    if json:
        _print_json(wanted)
        return
    table = Table()
    for heading in ("partner", "operation", "what", "where", "times", "since", "last"):
        table.add_column(heading, overflow="fold")
    with opened() as store, store.read() as tx:
        rows = [row for name in wanted for row in of_partner(tx, name)]
    for row in rows:
        times = (f"{local(at):%d/%m/%Y %H:%M}" for at in (row.first_seen, row.last_seen))
        kind = f"{row.key.kind}: {what(row.key.kind)}"
        cells = (row.key.partner, row.key.operation, kind, row.key.place, str(row.count), *times)
        table.add_row(*map(_plain, cells))
    if not rows:
        console.print("Không có khác biệt nào / No difference has been seen.")
        return
    console.print(table)


def _print_json(wanted: list[str]) -> None:
    """Print drift and what is known of the served contracts, for programs."""
    with opened() as store, store.read() as tx:
        rows = [row for name in wanted for row in of_partner(tx, name)]
        served = {name: contracts.of_partner(tx, name) for name in wanted}
    found = {
        "contracts": {name: served_contracts.as_json(kept) for name, kept in served.items()},
        "drift": [
            {
                **asdict(row.key),
                "count": row.count,
                "first_seen": row.first_seen.isoformat(),
                "last_seen": row.last_seen.isoformat(),
            }
            for row in rows
        ],
    }
    typer.echo(dumps(found, ensure_ascii=False, indent=2))


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
