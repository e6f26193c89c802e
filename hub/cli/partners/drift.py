"""`hub partners drift`: how replies and served contracts differ from what the hub knows."""

from typing import Annotated

import typer

from hub.cli.context import one_of, opened
from hub.cli.output.answer import put, show
from hub.cli.output.listing import listing
from hub.cli.partners import served_contracts
from hub.messages.partners import BY_SHORT
from hub.operations.drift.words import what
from hub.store.repair.replies import contracts
from hub.store.repair.replies.drift import of_partner
from hub.texts import text

app = typer.Typer()
DRIFT = listing("drift", "*partner *operation *kind meaning *place count *first_seen *last_seen")
ANSWERS = {"drift": ("contracts", DRIFT)}


@app.command("drift")
def drift(
    partner: Annotated[str, typer.Argument(help="partner_or_both")] = "",
) -> None:
    """List how the partners' replies, and the contracts that they serve, differ."""
    if partner:
        one_of("PARTNER", partner, *BY_SHORT)
    wanted = [name for short, name in BY_SHORT.items() if partner in ("", short)]
    with opened() as store, store.read() as tx:
        rows = [row for name in wanted for row in of_partner(tx, name)]
        served = {name: contracts.of_partner(tx, name) for name in wanted}
    put(contracts={name: served_contracts.as_json(kept) for name, kept in served.items()})
    show(
        DRIFT,
        [
            (
                *(it.key.partner, it.key.operation, it.key.kind, what(it.key.kind)),
                *(it.key.place, it.count, it.first_seen, it.last_seen),
            )
            for it in rows
        ],
        empty=text("partner_commands.no_drift"),
    )
