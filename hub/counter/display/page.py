"""The page of each display and its stream, and the line by which a kiosk is known to be there."""

from functools import partial
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from hub.counter import rendering
from hub.counter.display.state import FreshDisplay
from hub.counter.live_lines import HeardScreen, LiveLines
from hub.counter.parts import CounterParts
from hub.counter.screens import Screen, Screens, UnknownScreen
from hub.rules.devices.reading import DISPLAY, KIOSK
from hub.store.engine.store import StoreUnavailable
from hub.texts import Language
from hub.web import live
from hub.web.language import language_of
from hub.web.templates import clock_time

Pixels = Annotated[int, Query(ge=0, le=20_000)]


def install(app: FastAPI, parts: CounterParts, lines: LiveLines) -> None:
    """Add the page and the streams."""
    pages = _Pages(parts, lines)
    app.add_api_route("/display/{name}", pages.display, methods=["GET"])
    app.add_api_route("/display/{name}/live", pages.display_line, methods=["GET"])
    app.add_api_route("/kiosk/live", pages.kiosk_line, methods=["GET"])


class _Pages:
    def __init__(self, parts: CounterParts, lines: LiveLines) -> None:
        self._parts, self._lines = parts, lines
        self._screens, self._fresh = Screens(parts), FreshDisplay(parts)

    def display(self, request: Request, name: str) -> HTMLResponse:
        """Answer with the page of a display."""
        screen = self._display_of(request, name)
        made = self._fresh.get(language_of(request))
        values = {"main": made.html, "at": made.at, "screen": screen}
        return rendering.page(request, self._parts, "display/page.html", values)

    async def display_line(
        self, request: Request, name: str, width: Pixels = 0, height: Pixels = 0
    ) -> Response:
        """Keep a display fresh."""
        screen = await run_in_threadpool(self._display_of, request, name)
        fresh = partial(self._display_part, language_of(request))
        return self._stream(request, screen, fresh, (width, height))

    async def kiosk_line(self, request: Request, width: Pixels = 0, height: Pixels = 0) -> Response:
        """Know that a kiosk is there, and have it know that the hub is."""
        screen = await run_in_threadpool(self._screens.find, request, KIOSK)
        return self._stream(request, screen, self._kiosk_part, (width, height))

    def _display_of(self, request: Request, name: str) -> Screen:
        found = self._screens.find(request, DISPLAY)
        if found.name != name:
            raise UnknownScreen
        return found

    def _display_part(self, language: Language) -> live.FreshPart:
        try:
            made = self._fresh.get(language)
        except StoreUnavailable:
            return live.event(live.AWAY, "")
        return live.event(live.PAGE, made.html, at=clock_time(made.at))

    def _kiosk_part(self) -> live.FreshPart:
        return live.event(live.PAGE, "-", at=clock_time(self._parts.clock()))

    def _stream(
        self, request: Request, screen: Screen, fresh: live.Fresh, size: tuple[int, int]
    ) -> Response:
        def heard() -> live.FreshPart:
            self._lines.hear(screen.name, HeardScreen(self._parts.clock(), *size))
            return fresh()

        may_go_on = partial(self._is_registered, request, screen)
        return live.stream(request, heard, may_go_on=may_go_on)

    def _is_registered(self, request: Request, screen: Screen) -> bool:
        try:
            self._screens.find(request, screen.kind)
        except UnknownScreen:
            return False
        except StoreUnavailable:
            return True  # the stream reports it
        return True
