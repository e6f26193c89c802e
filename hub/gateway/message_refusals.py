"""What a sender is told of a message, file or header that breaks its contract.

In Vietnamese for the officer and in technical words for the operator.
"""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from hub.messages.invalid import InvalidMessage
from hub.rules.failures.errors import FAULTS
from hub.runtime.telemetry import Event, log
from hub.texts import both


def install(app: FastAPI) -> None:
    """Answer in the hub's own form."""

    @app.exception_handler(InvalidMessage)
    @app.exception_handler(RequestValidationError)
    def refuse(request: Request, found: InvalidMessage | RequestValidationError) -> JSONResponse:
        error = found if isinstance(found, InvalidMessage) else _header_missing(found)
        log.warning(
            Event.REQUEST_REFUSED, code=error.code, where=error.where, path=request.url.path
        )
        status = 422
        if error.code.endswith("too_large"):
            status = 413
        elif error.code == "content_differs":
            status = 409
        return JSONResponse(explain(error), status_code=status)


def explain(error: InvalidMessage) -> dict[str, str]:
    """Return what is told to a sender: the officer's sentence and the technical cause."""
    fault = FAULTS.get(error.code)
    message = (fault.text if fault else both("gateway.invalid")).vi
    return {"code": error.code, "message": message, "where": error.where, "why": error.why}


def _header_missing(error: RequestValidationError) -> InvalidMessage:
    """Return a refusal of the web framework in the hub's own words."""
    name = str(error.errors()[0]["loc"][-1]).title()
    why = "this header is missing or too long"
    return InvalidMessage("envelope_invalid", where=name, why=why)
