"""Where the town calls back: its adapter checks the signature and answers."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Protocol

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from hub.gateway.callbacks.refused import RefusedCallbacks
from hub.gateway.callbacks.threads import CallbackThreads
from hub.gateway.clients.authorization import Authorization
from hub.gateway.request_body import body_up_to
from hub.ports import CallbackAnswer, Sink
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.texts import both

CALLBACK_LIMIT = 1024 * 1024


class Callbacks(Protocol):
    """A partner's calls back into the hub, checked and translated by its adapter."""

    def receive(self, body: bytes, headers: Mapping[str, str], sink: Sink) -> CallbackAnswer:
        """Return the answer; accepted means committed."""


def install(
    app: FastAPI,
    town: Callbacks | None,
    sink: Sink,
    *,
    authorization: Authorization,
    refused: RefusedCallbacks | None,
) -> None:
    """Add the route of the town's callbacks; 404 while no town is connected."""
    threads = CallbackThreads()
    answer = partial(callback_response, authorization=authorization, refused=refused)

    @app.post("/town/callbacks")
    async def town_callback(
        request: Request, body: Annotated[bytes, Depends(body_up_to(CALLBACK_LIMIT))]
    ) -> JSONResponse:
        if town is None:
            problem = {"code": "partner", "message": both("gateway.no_town").vi}
            raise HTTPException(404, detail=problem)
        return await threads.run(lambda: answer(town.receive(body, request.headers, sink), request))


def callback_response(
    given: CallbackAnswer,
    request: Request,
    *,
    authorization: Authorization,
    refused: RefusedCallbacks | None,
) -> JSONResponse:
    """Build the HTTP response to a callback.

    Records a caller with a wrong signature as denied, logs a refused callback, and writes its
    refusal to the task list.
    """
    path = request.url.path
    if not given.authentic:
        authorization.denials.deny(
            authorization.proxies.address_of(request),
            purpose="callbacks",
            path=path,
            reason="wrong signature",
        )
    elif given.status >= 400:
        log.warning(
            Event.REQUEST_REFUSED,
            code="callback",
            status=given.status,
            path=path,
            detail=f"{given.subject}: {given.cause}",
        )
    if refused is not None:
        refused.record(given)
    passing(Point.CALLBACK_BEFORE_REPLY)
    return JSONResponse(given.reply, status_code=given.status)
