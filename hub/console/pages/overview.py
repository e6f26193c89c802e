"""The overview: does anything need a person now, what first, and how the hub does."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import demand_some, sees_partner, visitor
from hub.console.links import dossier, search_of
from hub.console.live import live
from hub.console.parts import Parts
from hub.operations.overview.items import items
from hub.operations.overview.verdict import verdict
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.conservation.balance import balance
from hub.store.console.due import due_soon
from hub.store.deliveries import pauses
from hub.texts import both

SHOWN = 30
"""Items on the page; the rest is a number."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page, and the stream that keeps it fresh."""

    @app.get("/")
    def page(request: Request, who: Annotated[Visitor, Depends(visitor)]) -> Response:
        now = parts.clock()
        return render(request, overview(parts, who, now), who, now=now)

    live(app, "/live/overview", overview, parts=parts)


def overview(parts: Parts, who: Visitor, now: datetime) -> PageView:
    """Return the page for a visitor. Raises MayNot."""
    demand_some(who, Right.METADATA)
    with parts.store.read() as tx:
        every = balance(tx, parts.destinations)
        balances = [it for it in every if sees_partner(who, it.destination)]
        found = items(tx, who.scope, balances, now=now)
        paused = pauses.standing(tx, now=now)
        due = due_soon(tx, who.scope)
    return PageView(
        template="overview.html",
        main="overview_main.html",
        title=both("console.nav_overview"),
        values={
            "verdict": verdict(found),
            "items": found[:SHOWN],
            "more": max(0, len(found) - SHOWN),
            "due": due,
            "balances": balances,
            "pauses": [it for it in paused if sees_partner(who, it.pause.destination)],
            "search_of": search_of,
            "dossier": dossier,
        },
    )
