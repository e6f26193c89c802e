"""Size limits for everything that comes in over HTTP, enforced while the bytes arrive."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from hub.messages.invalid import InvalidMessage


async def read_body(request: Request, limit: int) -> bytes:
    """Return the whole body; raises InvalidMessage (`message_too_large`) as soon as it is over."""
    parts: list[bytes] = []
    size = int(request.headers.get("content-length", "0"))  # the parser has checked that
    if size > limit:
        raise InvalidMessage("message_too_large", where="body", why=f"over {limit} bytes")
    size = 0
    more = True
    while more:  # not `request.stream()`, whose generator costs a short body more than its bytes
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > limit:
            raise InvalidMessage("message_too_large", where="body", why=f"over {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def body_up_to(limit: int) -> Callable[[Request], Any]:
    """Return the dependency that gives a route the whole body."""

    async def read(request: Request) -> bytes:
        return await read_body(request, limit)

    return read
