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


def install(app: FastAPI) -> None:
    """Answer 507 for a full disk, 503 for a database that is away or does not tell, and for a call
    that comes while the hub stops; not 500.
    """

    @app.exception_handler(OSError)
    def no_room(request: Request, error: OSError) -> JSONResponse:
        if isinstance(error, ScannerAway):
            return _refuse(request, "scanner_away")
        if error.errno not in FULL:
            raise error
        return _refuse(request, "disk_full")

    @app.exception_handler(ClientDisconnect)
    def gone(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001
        return Response(status_code=400)  # nobody reads it, and it is no fault of ours

    @app.exception_handler(AcceptanceUnknown)
    def not_known(request: Request, error: AcceptanceUnknown) -> JSONResponse:  # noqa: ARG001
        return _refuse(request, "acceptance_unknown")

    @app.exception_handler(GroupClosed)
    def stopping(request: Request, error: GroupClosed) -> JSONResponse:  # noqa: ARG001
        return _refuse(request, "hub_stopping")

    @app.exception_handler(StoreUnavailable)
    def no_store(request: Request, error: StoreUnavailable) -> JSONResponse:
        if is_full(error):
            return _refuse(request, "disk_full")
        if is_away(error):
            return _refuse(request, "store_away")
        raise error


def _refuse(request: Request, code: str) -> JSONResponse:
    log.error(Event.REQUEST_REFUSED, code=code, path=request.url.path)
    fault = FAULTS[code]
    message, why = fault.text
    detail = {"code": code, "message": message, "where": "hub", "why": why}
    return JSONResponse(
        detail | {"action": both(f"gateway.{code}").stored()},
        status_code=fault.status,
        headers=AGAIN_AFTER,
    )
