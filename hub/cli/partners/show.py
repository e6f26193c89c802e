"""`hub partners show`: the profile of a partner, and where each value was written."""

from typing import Annotated

import typer

from hub.bootstrap.partners.destinations import profile_rows
from hub.cli.context import one_of, settings
from hub.cli.output import answer
from hub.cli.output.listing import listing
from hub.cli.partners import served_contracts
from hub.messages.partners import BY_SHORT
from hub.texts import text

app = typer.Typer()
PROFILE = listing("profile", "*key value *source")
EXPLAINED = listing("profile", "*key value *source meaning")
ANSWERS = {"show": ("contract", EXPLAINED)}


@app.command("show")
def show(
    partner: Annotated[str, typer.Argument(help="partner")],
    explain: Annotated[bool, typer.Option("--explain", help="explain")] = False,
) -> None:
    """Print the profile of a partner that holds, and where each value comes from."""
    one_of("PARTNER", partner, *BY_SHORT)
    found = profile_rows(settings(), partner)
    rows = [(it.key, it.value, _source(it.source), it.meaning) for it in found]
    if explain:
        answer.show(EXPLAINED, rows)
    else:
        answer.show(PROFILE, [row[:3] for row in rows])
    served_contracts.show(BY_SHORT[partner])


def _source(kept: str) -> str:
    """Return where a value comes from; programs get the names of `adapters.wire.profile.show`."""
    if answer.for_programs():
        return kept
    if kept == "default":
        return text("partner_commands.default")
    place, _, line = kept.partition(":")
    return text("partner_commands.shipped", line=line) if place == "shipped" else kept
