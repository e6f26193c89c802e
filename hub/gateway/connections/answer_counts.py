"""Counts the answers of an application by their status, for `/metrics`."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.runtime.metrics import HTTP_REQUESTS, OTHER


def counted(app: ASGIApp, role: str) -> ASGIApp:
    """Return the application with its answers counted; a call without an answer is `other`."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        code = OTHER

        async def answer(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = str(message["status"])
            await send(message)

        try:
            await app(scope, receive, answer)
        finally:
            HTTP_REQUESTS.add(role, code)

    return counting
