"""What is told to a call of an address, or of a method, that the contract does not have.

Below `/v1` as a problem; `Allow` names every method of the address, wherever that is. (The web
framework names those of the first route only.)
"""

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from hub.gateway.clients.proxies import Proxies
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.v1 import problems


def install(app: FastAPI, *, prefix: str, proxies: Proxies) -> None:
    """Answer 404 and 405 below `prefix` as problems; all other errors as before."""

    @app.exception_handler(HTTPException)
    async def answer(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            error.headers = {"Allow": ", ".join(_methods(app, request))}
        path = request.url.path
        code = {404: "path_unknown", 405: "method_unknown"}.get(error.status_code)
        if code is None or not path.startswith(f"{prefix}/"):
            return await http_exception_handler(request, error)
        refused = RefusedCall(
            code,
            headers=error.headers,
        )
        return problems.problem(refused, address=proxies.origin(request), path=path)


def _methods(app: FastAPI, request: Request) -> list[str]:
    found: set[str] = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)
