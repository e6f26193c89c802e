"""What a sender is told when the hub cannot take anything just now: it keeps what it has.

Nothing was stored, or nobody knows (a commit whose answer was lost): either way the sender tells it
again, and the second telling of a stored message gets the answer of the first.
"""

import errno

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from hub.exchange.intake.group_commit import GroupClosed
from hub.ports import AcceptanceUnknown
from hub.ports.files import ScannerAway
from hub.rules.failures.errors import FAULTS
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import StoreUnavailable, is_away, is_full
from hub.texts import both

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What writing a file fails with on a full disk, over a quota, over the process's own limit."""
AGAIN_AFTER = {"Retry-After": "5"}


def unavailable_code(error: Exception) -> str:
    """Return the code of what the hub cannot take now, "" for any other error."""
    match error:
        case GroupClosed():
            return "hub_stopping"
        case AcceptanceUnknown():
            return "acceptance_unknown"
        case StoreUnavailable():
            return "disk_full" if is_full(error) else "store_away" if is_away(error) else ""
        case ScannerAway():
            return "scanner_away"
        case OSError() if error.errno in FULL:
            return "disk_full"
    return ""


def install(app: FastAPI) -> None:
    """Answer 507 for a full disk, 503 for a database that is away or does not tell, and for a call
    that comes while the hub stops; not 500.
    """

    @app.exception_handler(ClientDisconnect)
    def gone(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001
        return Response(status_code=400)  # nobody reads it, and it is no fault of ours

    @app.exception_handler(OSError)
    @app.exception_handler(AcceptanceUnknown)
    @app.exception_handler(GroupClosed)
    @app.exception_handler(StoreUnavailable)
    def refuse(request: Request, error: Exception) -> JSONResponse:
        code = unavailable_code(error)
        if not code:
            raise error
        log.error(Event.REQUEST_REFUSED, code=code, path=request.url.path)
        fault = FAULTS[code]
        message, why = fault.text
        detail = {"code": code, "message": message, "where": "hub", "why": why}
        detail["action"] = both(f"gateway.{code}").stored()
        return JSONResponse(detail, fault.status, headers=AGAIN_AFTER)
