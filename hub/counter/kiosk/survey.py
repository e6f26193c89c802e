"""The kiosk's survey: for a ticket of the day, or for a dossier that was looked up."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.counter import rendering
from hub.counter.forms import Form, field
from hub.counter.kiosk.slips import SlipRefused, SurveySlips
from hub.counter.parts import CounterParts
from hub.counter.screens import Screen, Screens
from hub.operations.counter.look_up import LookUpRefused
from hub.texts import Text

_ABOUT = ("ticket", "number", "check")


def install(app: FastAPI, parts: CounterParts) -> None:
    """Add the pages and where their forms go to."""
    screens, slips = Screens(parts), SurveySlips(parts)

    def first_page(request: Request, why: Text | None = None) -> Response:
        values = {"why": why, "plan": parts.plan}
        return rendering.page(request, parts, "kiosk/survey_begin.html", values)

    def questions(request: Request, form: Mapping[str, str], why: Text | None = None) -> Response:
        about = {name: field(form, name) for name in _ABOUT}
        values = {"about": about, "why": why, "criteria": slips.form.criterion}
        return rendering.page(request, parts, "kiosk/survey.html", values)

    @app.get("/kiosk/survey", dependencies=[Depends(screens.kiosk)])
    def begin(request: Request) -> Response:
        return first_page(request)

    @app.post("/kiosk/survey")
    def chosen(
        request: Request, form: Form, screen: Annotated[Screen, Depends(screens.sender)]
    ) -> Response:
        try:
            slips.subject(form, kiosk=screen.name)
        except (SlipRefused, LookUpRefused) as refused:
            return first_page(request, refused.text)
        return questions(request, form)

    @app.post("/kiosk/survey/answers")
    def answered(
        request: Request, form: Form, screen: Annotated[Screen, Depends(screens.sender)]
    ) -> Response:
        try:
            outcome = slips.keep(form, kiosk=screen.name)
        except (SlipRefused, LookUpRefused) as refused:
            return questions(request, form, refused.text)
        return rendering.page(request, parts, "kiosk/thanks.html", {"what": outcome})
