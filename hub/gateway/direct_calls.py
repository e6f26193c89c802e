"""An application whose most frequent calls go straight to their route.

Such a route is one of Starlette: FastAPI's own look for parameters to read, on every call. OpenAPI
and WSDL of these operations are files of `schemas/hub`. The layers around a route (error pages,
body limits, exit stacks, the search through all routes) took a fifth of the time of a call by REST;
`script/bench gateway` pays for this module. What such a route raises, the layers answer as ever.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]
_RAISED = "hub.raised"
"""In a scope: what the route raised when it was called directly."""


class DirectRoutes:
    """Routes by method and path: `/a/b`, or with one parameter before the end, `/a/{name}/b`."""

    def __init__(self) -> None:
        self._whole: dict[tuple[str, str], Endpoint] = {}
        self._around: dict[tuple[str, str, str], tuple[Endpoint, str]] = {}
        """By method and what stands before and behind the parameter."""

    def add(self, path: str, endpoint: Endpoint, methods: Sequence[str]) -> None:
        """Add a route; one of another shape is left to the application."""
        before, _, behind = path.partition("/{")
        name, _, tail = behind.partition("}/")
        for method in methods:
            if not behind:
                self._whole[method, path] = endpoint
            elif tail and "/" not in tail:
                self._around[method, before, tail] = endpoint, name

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, Any]] | None:
        """Return the route of a call and its parameters, None where there is none."""
        if (whole := self._whole.get((method, path))) is not None:
            return whole, {}
        head, _, tail = path.rpartition("/")
        before, _, value = head.rpartition("/")
        around = self._around.get((method, before, tail))
        return (around[0], {around[1]: value}) if around and value else None


class DirectApp(FastAPI):
    """A FastAPI application with direct routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.direct = DirectRoutes()
        self.around_all: Callable[[ASGIApp], ASGIApp] | None = None
        """The one layer around all calls, the direct ones, too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the application as FastAPI makes it, behind the direct routes."""
        made = _DirectCalls(super().build_middleware_stack(), self.direct)
        return self.around_all(made) if self.around_all else made


class _DirectCalls:
    def __init__(self, others: ASGIApp, routes: DirectRoutes) -> None:
        self._others = others
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http":
            found = self._routes.find(scope["method"], scope["path"])
        if found is None:
            await self._others(scope, receive, send)
            return
        endpoint, scope["path_params"] = found
        try:
            response = await endpoint(Request(scope, receive, send))
        except Exception as error:
            scope[_RAISED] = error
            await self._others(scope, receive, send)
            return
        await response(scope, receive, send)


def add_route(
    app: FastAPI, path: str, endpoint: Endpoint, *, methods: Sequence[str], name: str
) -> None:
    """Add a route that takes just these methods; a `DirectApp` calls it directly."""
    if isinstance(app, DirectApp):
        app.direct.add(path, endpoint, methods)
        endpoint = _raising_again(endpoint)
    route = Route(path, endpoint, methods=list(methods), name=name)
    route.methods = set(methods)  # without the HEAD that it puts beside each GET
    app.router.routes.insert(0, route)  # they are tried one after the other


def _raising_again(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint for the layers: it raises what the same call raised directly."""

    async def called(request: Request) -> Response:
        raised: Exception | None = request.scope.get(_RAISED)
        if raised is not None:
            raise raised
        return await endpoint(request)

    return called
