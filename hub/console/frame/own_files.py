"""Style and script of the console, served by itself; kept by a browser until they change."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response

_FOLDER = Path(__file__).parents[1] / "static"
FILES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def address(name: str) -> str:
    """Return the path of a file; it changes with the content."""
    return f"/static/{hashlib.sha256(_read(name)).hexdigest()[:12]}/{name}"


def install(app: FastAPI) -> None:
    """Add the route of each file."""
    for name in FILES:
        app.add_api_route(address(name), _route(name), methods=["GET"])


def _route(name: str):  # type: ignore[no-untyped-def]
    def file(_request: Request) -> Response:
        return Response(_read(name), media_type=FILES[name], headers=_FOR_EVER)

    return file
