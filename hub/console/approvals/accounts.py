"""Confirming the account of an approver that another person added or reset: form and list."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.approvals.inbox import PLACE, inbox
from hub.console.forms.acting import act
from hub.console.forms.filled import Filled
from hub.console.frame.visitor import demand, visitor
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.operations.signed_by import SignedBy
from hub.operations.users.confirming import confirm
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import happened
from hub.texts import Text, both

Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]


def install(app: FastAPI, parts: Parts) -> None:
    """Add the address that the form goes to; the inbox shows it."""

    @app.post(PLACE + "/accounts/{name}/confirm")
    def confirmed(request: Request, name: str, who: Who, form: Form) -> Response:
        def do(sent: Filled, by: SignedBy) -> Text:
            demand(who, Right.APPROVE)
            confirm(parts.store, name, own=who.name, expected=sent.version, by=by)
            return both("users.confirmed", name=name)

        return act(
            request,
            parts,
            who,
            form,
            do=do,
            page=partial(inbox, parts, who),
            leads_to=PLACE,
            happened=lambda tx, since: happened.to_account(tx, name, since=since),
        )
