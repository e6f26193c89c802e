"""A route of Starlette in a FastAPI application, for operations that are called often.

FastAPI's own routes look for parameters to read, on every call. OpenAPI and WSDL of these
operations are files of `schemas/hub`. In the gateway's application they are called directly.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.routing import Route

from hub.gateway.direct_calls import DirectApp, Endpoint, raising_again


def add_route(
    app: FastAPI,
    path: str,
    endpoint: Endpoint,
    *,
    methods: Sequence[str],
    name: str,
) -> None:
    """Add a route that takes just these methods."""
    if isinstance(app, DirectApp):
        app.direct.add(path, endpoint, methods)
        endpoint = raising_again(endpoint)
    route = Route(path, endpoint, methods=list(methods), name=name)
    route.methods = set(methods)  # without the HEAD that it puts beside each GET
    app.router.routes.insert(0, route)  # they are tried one after the other
