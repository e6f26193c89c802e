"""Answers a route of `/v1`, or what it refuses as a problem document; a fault of ours is raised."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import Request
from fastapi.responses import Response

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.proxies import Proxies
from hub.gateway.partner_calls.refusals import refusal_of
from hub.gateway.v1 import problems
from hub.runtime.telemetry import Event, log


async def answered(
    request: Request, answer: Callable[[], Awaitable[Response]], *, proxies: Proxies
) -> Response:
    """Return the answer, or the problem document of its refusal."""
    try:
        return await answer()
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        path = request.url.path
        log.warning(Event.REQUEST_REFUSED, code=refusal.code, where=refusal.where, path=path)
        return problems.problem(refusal, address=proxies.origin(request), path=path)


@asynccontextmanager
async def counting_refusals(
    authorization: Authorization, caller: GatewayCaller, operation: str, object: str
) -> AsyncIterator[None]:
    """Count a call that is refused within: a broken one is no way around the client's quota."""
    try:
        yield
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is not None and refusal.status < 500:
            await authorization.count_refused(
                caller, operation=operation, object=object, code=refusal.code
            )
        raise
