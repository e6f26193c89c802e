"""Error pages: what happened and what to do, in the visitor's language; never a traceback.

What a visitor may not know of is the same page as what does not exist (404).
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import MayNot, SignInNeeded
from hub.operations.alerts import words
from hub.ports import Clock
from hub.rules.alerts.incidents import Incident
from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import StoreUnavailable, is_away
from hub.texts import both
from hub.web.headers import HEADERS

_TITLED = frozenset({401, 403, 404, 405, 409, 422, 500, 503})


class NotHere(Exception):
    """There is no such thing for this visitor."""


Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(
    app: FastAPI, *, clock: Clock, kept_outside: Callable[[], Sequence[Incident]] = tuple
) -> None:
    """Have failures answered with their pages; `kept_outside`: incidents that no database keeps."""

    def answering(status: int) -> Handler:
        async def answer(request: Request, error: Exception) -> Response:
            what = getattr(error, "what", "")
            return _answer(request, status, now=clock(), what=what)

        return answer

    async def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _answer(request, status, now=clock())

    async def of_the_store(request: Request, error: Exception) -> Response:
        away = is_away(error)
        log.warning(Event.STORE_LOST, role="console", error=describe_error(error))
        # Nobody can be signed in then, so the page shows nothing but this.
        lost = [it for it in kept_outside() if away and it.signal == "database_lost"]
        return _answer(request, 503 if away else 500, now=clock(), outside=lost)

    async def of_a_fault(request: Request, error: Exception) -> Response:
        route = getattr(
            request.scope.get("route"), "path", ""
        )  # what was asked for may be personal
        log.error(Event.PAGE_FAILED, page=route, error=describe_error(error))
        answer = _answer(request, 500, now=clock())
        answer.headers.update(HEADERS)  # made outside of every middleware
        return answer

    for kind, status in ((SignInNeeded, 401), (MayNot, 403), (NotHere, 404)):
        app.add_exception_handler(kind, answering(status))
    app.add_exception_handler(RequestValidationError, answering(422))
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(StoreUnavailable, of_the_store)
    app.add_exception_handler(Exception, of_a_fault)


def _answer(request: Request, status: int, *, now: datetime, **about: object) -> Response:
    kind = status if status in _TITLED else 500
    page = PageView(
        template="error.html",
        title=both(f"console.failure_{kind}"),
        values={"kind": kind, "what": "", "outside": [], "words": words, **about},
        status=status,
    )
    return render(request, page, getattr(request.state, "visitor", None), now=now)
