"""`/docs`: pages and files for partners' developers; no key is needed, no data is shown."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.gateway.clients.proxies import Proxies
from hub.gateway.docs import contracts

PREFIX = "/docs"


def install(app: FastAPI, *, proxies: Proxies) -> None:
    """Add the routes to an application."""
    for name, media_type in contracts.FILES.items():
        app.add_api_route(f"{PREFIX}/{name}", _file(name, media_type, proxies), methods=["GET"])


def _file(name: str, media_type: str, proxies: Proxies) -> Callable[[Request], Awaitable[Response]]:
    async def served(request: Request) -> Response:
        return Response(contracts.served(name, proxies.origin(request)), media_type=media_type)

    return served
