"""The accounts: who may use the hub, as what, when last, and by what they sign in."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.links import account
from hub.console.parts import Parts
from hub.operations.users.confirming import account_state
from hub.records.registers import procedures
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.visitor import Visitor
from hub.store.users.listing import listed
from hub.texts import Language, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/accounts")
    def page(request: Request, who: Who, retired: bool = False) -> Response:
        return render(request, of_all(parts, who, retired=retired), who, now=parts.clock())


def of_all(parts: Parts, who: Visitor, *, retired: bool = False) -> PageView:
    """Return the page; `retired`: with the retired accounts. Raises MayNot."""
    demand(who, Right.USERS)
    with parts.store.read() as tx:
        found = listed(tx, now=parts.clock())
    shown = [it for it in found if retired or it.account.retired_at is None]
    return PageView(
        template="accounts/listing.html",
        title=both("account_pages.title"),
        values={
            "accounts": [(it, account_state(it.account)) for it in shown],
            "retired": retired,
            "hidden": len(found) - len(shown),
            "account_page": account,
            **choices(),
        },
    )


def choices() -> Mapping[str, Any]:
    """Return what a form about an account offers: roles, sectors, languages."""
    sectors = procedures.load().sectors
    return {
        "roles": list(UserRole),
        "sectors": dict(sorted(sectors.items())),
        "languages": list(Language),
    }
