"""Why a caller is turned away: a stable code with its HTTP status; sentences are in hub/texts."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from hub.texts import Text, both

STATUS: Mapping[str, int] = {
    "token": 401,
    "address_forbidden": 403,
    "operation_forbidden": 403,
    "agency_forbidden": 403,
    "calls_exhausted": 429,
    "calls_at_once": 429,
    "signature_required": 403,
    "content_coded": 415,
}
"""Each code, see `hub/texts/access.toml`."""


class CallerRefused(Exception):
    """The caller is not known, or may not do this; nothing was done."""

    def __init__(
        self, code: str, *, retry_after: timedelta | None = None, challenge: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]
        self.retry_after = retry_after
        """When a further call has room again."""
        self.challenge = challenge
        """What an unknown caller is to show, as in WWW-Authenticate."""

    @property
    def text(self) -> Text:
        """What the caller is told."""
        return both(f"access.{self.code}")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        found = {}
        if self.challenge:
            found["WWW-Authenticate"] = self.challenge
        if self.retry_after is not None:
            found["Retry-After"] = str(max(1, -(-self.retry_after // timedelta(seconds=1))))
        return found


def install(app: FastAPI) -> None:
    """Answer a refusal in the form of today's routes; an endpoint with its own form catches it."""

    @app.exception_handler(CallerRefused)
    def answer_refusal(request: Request, error: CallerRefused) -> JSONResponse:  # noqa: ARG001
        detail = {"code": error.code, "message": error.text.vi, "why": error.text.en}
        return JSONResponse({"detail": detail}, error.status, headers=error.headers)
