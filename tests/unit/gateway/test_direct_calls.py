"""Frequent calls go straight to their route; the application answers everything else."""

import asyncio
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from hub.gateway.direct_calls import DirectApp, DirectRoutes, add_route


async def _endpoint(request: Request) -> Response:
    del request
    return PlainTextResponse("here")


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("POST", "/a/b", {}),
        ("POST", "/a/b/H57-1/c", {"number": "H57-1"}),
        ("GET", "/a/b", None),
        ("POST", "/a/b/", None),
        ("POST", "/a/b//c", None),
        ("POST", "/a/b/1/2/c", None),
        ("POST", "/a/b/1", None),
        ("POST", "/d/1/e/2", None),
    ],
)
def test_a_call_finds_the_route_of_its_method_and_path_only(
    method: str, path: str, parameters: dict[str, str] | None
) -> None:
    """Promise: nothing reaches a route that its address does not name."""
    routes = DirectRoutes()
    for place in ("/a/b", "/a/b/{number}/c", "/d/{number}/e/{file}"):
        routes.add(place, _endpoint, ["POST"])
    found = routes.find(method, path)
    assert (found and found[1]) == parameters


def _called(app: DirectApp, path: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))
    return sent


def test_what_a_route_raises_is_answered_by_the_application() -> None:
    """Promise: a fault of a direct route gets the answer of its handler, and runs once."""
    app, calls = DirectApp(), []

    async def failing(request: Request) -> Response:
        calls.append(request.path_params)
        raise LookupError("not here")

    @app.exception_handler(LookupError)
    def told(request: Request, error: LookupError) -> JSONResponse:
        return JSONResponse({"why": str(error)}, 409)

    add_route(app, "/a/{number}/b", failing, methods=["POST"], name="failing")
    sent = _called(app, "/a/7/b")
    assert [it["status"] for it in sent if "status" in it] == [409]
    assert calls == [{"number": "7"}]


def test_another_address_is_answered_by_the_application() -> None:
    """Promise: what has no direct route gets the application's 404 or 405."""
    app = DirectApp()
    add_route(app, "/a/{number}/b", _endpoint, methods=["POST"], name="here")
    assert _called(app, "/a/7/b")[0]["status"] == 200
    assert _called(app, "/a/7/c")[0]["status"] == 404
