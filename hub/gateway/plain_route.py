"""A route of Starlette in a FastAPI application, for operations that are called often.

FastAPI's own routes look for parameters to read, on every call. OpenAPI and WSDL of these
operations are files of `schemas/hub`.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.routing import Route


def add_route(
    app: FastAPI,
    path: str,
    endpoint: Callable[[Request], Awaitable[Response]],
    *,
    methods: Sequence[str],
    name: str,
) -> None:
    """Add a route that takes just these methods."""
    route = Route(path, endpoint, methods=list(methods), name=name)
    route.methods = set(methods)  # without the HEAD that it puts beside each GET
    app.router.routes.insert(0, route)  # they are tried one after the other
