"""The kiosk's pages that only show: the first page, procedures; and the end of a visit.

Each begins anew: no page keeps what the person before has typed or seen.
"""

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from hub.counter import rendering
from hub.counter.display.state import procedures_by_sector
from hub.counter.kiosk.opening import opening_hours
from hub.counter.parts import CounterParts
from hub.counter.screens import Screens
from hub.messages.invalid import InvalidMessage
from hub.records.registers import procedures
from hub.rules.counter.tickets import office_day
from hub.web.language import COOKIE as LANGUAGE


def install(app: FastAPI, parts: CounterParts) -> None:
    """Add the pages."""
    screens = Screens(parts)
    kiosk = Depends(screens.kiosk)

    @app.get("/kiosk", dependencies=[kiosk])
    def first(request: Request) -> Response:
        hours = opening_hours(parts.clock(), calendar=parts.rules.calendar)
        return rendering.page(request, parts, "kiosk/first.html", {"hours": hours})

    @app.get("/kiosk/reset", dependencies=[kiosk])
    def reset() -> Response:
        answer = RedirectResponse("/kiosk", status_code=303)
        answer.delete_cookie(LANGUAGE)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer

    @app.get("/kiosk/procedures", dependencies=[kiosk])
    def every(request: Request) -> Response:
        found = procedures_by_sector(parts, parts.clock())
        return rendering.page(request, parts, "kiosk/procedures.html", {"sectors": found})

    @app.get("/kiosk/procedures/{code}", dependencies=[kiosk])
    def one(request: Request, code: str) -> Response:
        today = office_day(parts.clock())
        try:
            found = procedures.find(code, on=today, catalogue=parts.rules.catalogue)
        except InvalidMessage:
            raise HTTPException(404) from None
        return rendering.page(request, parts, "kiosk/procedure.html", {"it": found})
