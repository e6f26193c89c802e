"""Answers a route of `/v1`, or what it refuses as a problem document; a fault of ours is raised."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from traceback import clear_frames
from types import TracebackType

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


@dataclass(frozen=True, slots=True)
class counting_refusals:  # noqa: N801 - read as `async with counting_refusals(...)`
    """Count a call that is refused within: a broken one is no way around the client's quota."""

    authorization: Authorization
    caller: GatewayCaller
    operation: str
    path: str

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):
            return
        refusal = refusal_of(error)
        if refusal is not None and refusal.status < 500:
            # The error keeps the body otherwise while others are counted: in the frames, and in a
            # UnicodeDecodeError before it, which `from None` only hides.
            clear_frames(trace)
            error.__context__ = error.__cause__ = None
            await self.authorization.count_refused(
                self.caller, operation=self.operation, object=self.path, code=refusal.code
            )
