"""Why a caller is turned away: a code of class `refused` (`hub/rules/failures/fault_codes.py`)."""

from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from hub.rules.failures.errors import FAULTS
from hub.texts import Text


class CallerRefused(Exception):
    """The caller is not known, or may not do this; nothing was done."""

    def __init__(
        self, code: str, *, retry_after: timedelta | None = None, challenge: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.fault = FAULTS[code]
        self.retry_after = retry_after
        """When a further call has room again."""
        self.challenge = challenge
        """What an unknown caller is to show, as in WWW-Authenticate."""

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.fault.status

    @property
    def text(self) -> Text:
        """What the caller is told."""
        return self.fault.text

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
