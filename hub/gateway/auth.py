"""Who may call the gateway: tokens, compared in constant time. Every refusal is audited."""

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from hub.gateway.auth_audit import Denials
from hub.texts import both

Guard = Callable[..., Awaitable[None]]


def caller(request: Request) -> str:
    """Return the address that calls."""
    return request.client.host if request.client else "unknown"


def bearer(expected: str, *, purpose: str, denials: Denials, basic: bool = False) -> Guard:
    """Return a FastAPI dependency that lets only holders of the token `expected` through.

    `basic`: it may also be the password of any user. With no token configured nobody gets through.
    """

    # On the event loop: only a refusal, which is written down, takes a thread.
    async def check(request: Request, authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        if basic and scheme.lower() == "basic":
            scheme, token = "bearer", _password(token)
        known = expected and scheme.lower() == "bearer"
        if known and hmac.compare_digest(token.encode(), expected.encode()):
            return
        await run_in_threadpool(
            denials.deny,
            caller(request),
            purpose=purpose,
            path=request.url.path,
            reason="missing or wrong token",
        )
        raise HTTPException(
            401,
            detail={"code": "token", "message": both("gateway.token").vi},
            headers={"WWW-Authenticate": 'Basic realm="hub"' if basic else "Bearer"},
        )

    return check


def _password(encoded: str) -> str:
    """Return the password of a Basic login, "" where there is none."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return ""
    return text.partition(":")[2]
