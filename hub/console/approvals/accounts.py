"""Confirming the account of an approver that another person added or reset: form and list."""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.approvals.inbox import PLACE, inbox
from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled
from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.operations.signed_by import SignedBy
from hub.operations.users.confirming import confirm
from hub.rules.users.rights import Right
from hub.store.console import happened
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the address that the form goes to; the inbox shows it."""

    @app.post(PLACE + "/accounts/{name}/confirm")
    def confirmed(name: str, posted: Posted) -> Response:
        who = posted.who

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(who, Right.APPROVE)
            confirm(parts.store, name, own=who.name, expected=sent.version, by=by)
            return both("users.confirmed", name=name)

        return act(
            posted,
            parts,
            do=do,
            page=partial(inbox, parts, who),
            leads_to=PLACE,
            happened=lambda tx, since: happened.to_account(tx, name, since=since),
        )
