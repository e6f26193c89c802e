"""The accounts: who may use the hub, as what, when last, and by what they sign in."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import demand, visitor
from hub.console.links import account
from hub.console.parts import Parts
from hub.operations.users.confirming import account_state
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.users.listing import listed
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/accounts")
    def page(
        request: Request, who: Annotated[Visitor, Depends(visitor)], retired: bool = False
    ) -> Response:
        demand(who, Right.USERS)
        now = parts.clock()
        with parts.store.read() as tx:
            found = listed(tx, now=now)
        shown = [it for it in found if retired or it.account.retired_at is None]
        view = PageView(
            template="accounts/listing.html",
            title=both("account_pages.title"),
            values={
                "accounts": [(it, account_state(it.account)) for it in shown],
                "retired": retired,
                "hidden": len(found) - len(shown),
                "account_page": account,
            },
        )
        return render(request, view, who, now=now)
