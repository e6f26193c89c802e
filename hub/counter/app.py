"""The application of the hall: kiosks and displays, nothing of the console."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from hub.counter import rendering, screens
from hub.counter.display import page as display
from hub.counter.kiosk import look_up, pages, survey, ticket
from hub.counter.live_lines import LiveLines
from hub.counter.parts import CounterParts
from hub.counter.screens import TooManyForms, UnknownScreen
from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import StoreUnavailable
from hub.web import headers, language


def create_app(parts: CounterParts, lines: LiveLines) -> FastAPI:
    """Return the application; `lines` learns which devices are there."""
    app = FastAPI(title="One-stop hub counter", docs_url=None, redoc_url=None, openapi_url=None)
    headers.install(app)
    _install_errors(app, parts)
    rendering.OWN_FILES.install(app)
    language.install(app)
    screens.install(app, parts)
    display.install(app, parts, lines)
    for each in (pages, look_up, ticket, survey):
        each.install(app, parts)
    return app


def _install_errors(app: FastAPI, parts: CounterParts) -> None:
    """Have every failure answered with a page that goes back by itself; never a traceback."""

    def answer(request: Request, status: int, kind: str) -> Response:
        return rendering.page(request, parts, "error.html", {"kind": kind}, status=status)

    async def unknown(request: Request, _error: Exception) -> Response:
        return answer(request, 401, "unknown_screen")

    async def too_many(request: Request, _error: Exception) -> Response:
        return answer(request, 429, "too_many")

    async def away(request: Request, error: Exception) -> Response:
        log.warning(Event.STORE_LOST, role="counter", error=describe_error(error))
        return answer(request, 503, "away")

    async def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 422
        return answer(request, status, "not_here")

    async def of_a_fault(request: Request, error: Exception) -> Response:
        route = getattr(request.scope.get("route"), "path", "")
        log.error(Event.PAGE_FAILED, page=route, error=describe_error(error))
        failed = answer(request, 500, "away")
        failed.headers.update(headers.HEADERS)  # made outside of every middleware
        return failed

    app.add_exception_handler(UnknownScreen, unknown)
    app.add_exception_handler(TooManyForms, too_many)
    app.add_exception_handler(StoreUnavailable, away)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_http)
    app.add_exception_handler(Exception, of_a_fault)
