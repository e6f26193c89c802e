"""Who may call the gateway: bearer tokens, compared in constant time. Every refusal is audited."""

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Header, HTTPException, Request

from hub.ports import Clock
from hub.store import audit
from hub.store.engine import Store
from hub.telemetry import Event, log

Guard = Callable[..., None]


def bearer(expected: str, *, purpose: str, store: Store, clock: Clock) -> Guard:
    """Return a FastAPI dependency that lets only holders of the token `expected` through.

    With no token configured the door stays shut.
    """

    def check(request: Request, authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        known = expected and scheme.lower() == "bearer"
        if known and hmac.compare_digest(token.encode(), expected.encode()):
            return
        log.warning(Event.REQUEST_REFUSED, code="token", path=request.url.path)
        caller = request.client.host if request.client else "unknown"
        with store.write() as tx:
            audit.record(
                tx,
                caller,
                f"gateway.{purpose}",
                object=request.url.path,
                allowed=False,
                reason="missing or wrong token",
                now=clock(),
            )
        raise HTTPException(
            401,
            detail={"code": "token", "message": "Thiếu mã truy cập hoặc mã không đúng."},
            headers={"WWW-Authenticate": "Bearer"},
        )

    return check
