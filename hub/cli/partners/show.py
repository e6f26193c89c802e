"""`hub partners show`: the profile of a partner, and where each value was written."""

from typing import Annotated

import typer
from rich.table import Table

from hub.bootstrap.partners import profile_rows
from hub.cli.context import console, one_of, settings
from hub.cli.partners import served_contracts
from hub.messages.partner_names import BY_SHORT

app = typer.Typer()


@app.command("show")
def show(
    partner: Annotated[str, typer.Argument(help="province or town")],
    explain: Annotated[bool, typer.Option("--explain", help="Say what every key means.")] = False,
) -> None:
    """Print the profile of a partner that holds, and where each value comes from."""
    one_of("PARTNER", partner, "province", "town")
    table = Table()
    for heading in ("key", "value", "from", *(["meaning"] if explain else [])):
        table.add_column(heading, overflow="fold")
    for row in profile_rows(settings(), partner):
        cells = [row.key, row.value, row.source]
        table.add_row(*map(_plain, [*cells, row.meaning] if explain else cells))
    console.print(table)
    served_contracts.show(BY_SHORT[partner])


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
