"""The kiosk's page that issues a ticket; a form that is sent again gets the same one."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from hub.counter import rendering
from hub.counter.forms import Form, field
from hub.counter.parts import CounterParts
from hub.counter.screens import Screen, Screens
from hub.operations.counter import queue
from hub.operations.signed_by import SignedBy
from hub.rules.users.keys import fresh_token
from hub.store.counter import tickets

_SHORTEST_ID = 16


def install(app: FastAPI, parts: CounterParts) -> None:
    """Add the page, where its form goes to, and the page of the ticket."""
    screens = Screens(parts)

    @app.get("/kiosk/ticket", dependencies=[Depends(screens.kiosk)])
    def choose(request: Request) -> Response:
        with parts.store.read() as tx:
            figures = queue.figures(tx, now=parts.clock())
        values = {"plan": parts.plan, "figures": figures, "form_id": fresh_token()}
        return rendering.page(request, parts, "kiosk/ticket.html", values)

    @app.post("/kiosk/ticket")
    def issue(form: Form, screen: Annotated[Screen, Depends(screens.sender)]) -> Response:
        id = field(form, "form_id")
        if len(id) < _SHORTEST_ID or not id.isalnum():
            raise HTTPException(422)
        by: SignedBy = {"actor": screen.name, "reason": "kiosk", "now": parts.clock()}
        try:
            queue.issue(parts.store, parts.plan, field(form, "category"), request=id, by=by)
        except queue.TicketRefused:
            raise HTTPException(422) from None
        return RedirectResponse(f"/kiosk/ticket/{id}", status_code=303)

    @app.get("/kiosk/ticket/{id}", dependencies=[Depends(screens.kiosk)])
    def issued(request: Request, id: str) -> Response:
        with parts.store.read() as tx:
            found = tickets.of_request(tx, id)
            if found is None:
                raise HTTPException(404)
            before = tickets.before(tx, found)
        values = {"it": found, "before": before, "plan": parts.plan}
        return rendering.page(request, parts, "kiosk/issued.html", values)
