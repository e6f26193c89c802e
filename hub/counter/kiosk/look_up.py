"""The kiosk's page to look the own dossier up, and what it shows of it."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.counter import rendering
from hub.counter.forms import Form, field
from hub.counter.parts import CounterParts
from hub.counter.screens import Screen, Screens
from hub.messages.invalid import InvalidMessage
from hub.operations.counter.look_up import LookUpRefused, OwnDossier, look_up, whole_number
from hub.records.dossiers.status import LABELS
from hub.rules.counter.check_value import DIGITS
from hub.texts import Text, both


def install(app: FastAPI, parts: CounterParts) -> None:
    """Add the page and where its form goes to."""
    screens = Screens(parts)

    def form_page(request: Request, number: str = "", why: Text | None = None) -> Response:
        values = {"number": number, "why": why, "digits": DIGITS}
        return rendering.page(request, parts, "kiosk/look_up.html", values)

    @app.get("/kiosk/look-up", dependencies=[Depends(screens.kiosk)])
    def empty(request: Request) -> Response:
        return form_page(request)

    @app.post("/kiosk/look-up")
    def found(
        request: Request, form: Form, screen: Annotated[Screen, Depends(screens.sender)]
    ) -> Response:
        number, check = field(form, "number"), field(form, "check")
        try:
            whole = whole_number(number, parts.agency)
            if not check:  # the reader gave the number; the person types the rest
                return form_page(request, whole)
            it = look_up(parts.store, whole, check, kiosk=screen.name, now=parts.clock())
        except LookUpRefused as refused:
            return form_page(request, number, refused.text)
        return _dossier_page(request, parts, it, check)


def _dossier_page(request: Request, parts: CounterParts, it: OwnDossier, check: str) -> Response:
    values = {
        "it": it,
        "check": check,
        "state": Text(*LABELS[it.status]),
        "next_step": both(f"kiosk.next_{int(it.status)}"),
        "procedure": _procedure_name(parts, it.procedure, it.received_at),
    }
    return rendering.page(request, parts, "kiosk/dossier.html", values)


def _procedure_name(parts: CounterParts, code: str, received_at: datetime) -> str:
    """Return the name of a procedure as it was on the day of reception, its code without one."""
    try:
        return parts.rules.procedure(code, received_at).name
    except InvalidMessage:
        return code
