"""Style and script of a web application, served by itself; kept by a browser until they change."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
SHARED = Path(__file__).parent / "static"
"""Files that both applications serve."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """The files of one application, by their names."""

    files: dict[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, folder: Path, *names: str, shared: tuple[str, ...] = ()) -> "OwnFiles":
        """Return the files of a folder, and those that the applications share."""
        places = [*(folder / name for name in names), *(SHARED / name for name in shared)]
        return cls({it.name: it.read_bytes() for it in places})

    def address(self, name: str) -> str:
        """Return the path of a file; it changes with the content."""
        return f"/static/{hashlib.sha256(self.files[name]).hexdigest()[:12]}/{name}"

    def install(self, app: FastAPI) -> None:
        """Add the route of each file."""
        for name in self.files:
            app.add_api_route(self.address(name), self._route(name), methods=["GET"])

    def _route(self, name: str) -> Callable[[Request], Response]:
        content, kind = self.files[name], _KINDS[Path(name).suffix]

        def file(_request: Request) -> Response:
            return Response(content, media_type=kind, headers=_FOR_EVER)

        return file
