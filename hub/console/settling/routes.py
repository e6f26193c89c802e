"""The addresses that the forms of a delivery's page go to."""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled
from hub.console.frame.addresses import number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import demand
from hub.console.links import delivery
from hub.console.pages.dossier import of_delivery
from hub.console.parts import Parts
from hub.console.settling.acts import carry_out
from hub.console.settling.offers import Offer
from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE
from hub.rules.users.visitor import Visitor
from hub.store.console import happened
from hub.store.records import things
from hub.texts import Text


def install(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.post("/deliveries/{id}/{offer}")
    def acted(id: int, offer: Offer, posted: Posted) -> Response:
        who = posted.who

        def do(sent: Filled, by: SignedBy) -> Text:
            require_to_act(parts, who, id)
            return carry_out(parts, who, offer, id, form=sent, by=by)

        return act(
            posted,
            parts,
            do=do,
            page=partial(of_delivery, parts, who, id),
            leads_to=delivery(id),
            happened=lambda tx, since: happened.to_delivery(tx, id, since=since),
        )


def require_to_act(parts: Parts, who: Visitor, id: int) -> None:
    """Raise NotHere for what the visitor may not know of, MayNot for what may only be seen."""
    with parts.store.read() as tx:
        thing = things.of_delivery(tx, number_of_address(id))
    if thing == WHOLE or not who.may(Right.METADATA, thing):
        raise NotHere
    demand(who, Right.ACT, thing)
