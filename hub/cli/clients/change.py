"""`hub clients change`: give a client other rights; its secrets stay as they are."""

from typing import Annotated

import typer

from hub.cli.clients.manage import Id, check_signing, refused
from hub.cli.clients.shown_clients import print_rights, rights_of
from hub.cli.context import Actor, Reason, by, opened
from hub.cli.output.answer import done, put
from hub.operations.clients import changing
from hub.operations.clients.issuing import NotDone
from hub.rules.clients.client import NotAClient, RightsChange
from hub.texts import text

app = typer.Typer()
ANSWERS = {
    "change": (
        "client",
        "operations",
        "agencies",
        "addresses",
        "calls_per_minute",
        "calls_at_once",
        "must_sign",
        "signed_replies",
    )
}


@app.command("change")
def change(
    id: Id,
    reason: Reason,
    operation: Annotated[list[str] | None, typer.Option(help="operation")] = None,
    agency: Annotated[list[str] | None, typer.Option(help="agency")] = None,
    address: Annotated[list[str] | None, typer.Option(help="address")] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="call_from_anywhere")] = False,
    calls_per_minute: Annotated[int | None, typer.Option(help="calls_per_minute")] = None,
    calls_at_once: Annotated[int | None, typer.Option(help="calls_at_once")] = None,
    must_sign: Annotated[
        bool | None, typer.Option("--must-sign/--may-be-unsigned", help="must_sign")
    ] = None,
    signed_replies: Annotated[
        bool | None, typer.Option("--signed-replies/--unsigned-replies", help="signed_replies")
    ] = None,
    actor: Actor = "",
) -> None:
    """Change what a client may; its secrets stay."""
    who = by(reason, actor)
    check_signing(wanted=bool(signed_replies))
    rights = RightsChange(
        operations=frozenset(operation) if operation else None,
        agencies=frozenset(agency) if agency else None,
        addresses=() if anywhere else tuple(address) if address else None,
        calls_per_minute=calls_per_minute,
        calls_at_once=calls_at_once,
        must_sign=must_sign,
        signed_replies=signed_replies,
    )
    try:
        with opened() as store:
            client = changing.change(store, id, rights=rights, by=who)
    except (NotAClient, NotDone) as error:
        raise refused(error) from None
    put(**rights_of(client))
    done(text("clients.changed", client=id))
    print_rights(client)
