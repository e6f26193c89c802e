"""How many calls of a client are worked on: from its proof until the answer is sent.

A client that calls faster than it is answered would take the threads of all others. Each process
counts its own calls, against its share of the client's limit: so a call costs the store nothing,
and all processes together keep the limit, but for the seconds in which one of them is new, see
`GatewayProcesses`. A limit below the number of processes is one call in each.
"""

from collections import Counter
from functools import partial

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.gateway.clients.gateway_processes import GatewayProcesses
from hub.gateway.direct_calls import DirectApp
from hub.rules.clients.client import Client

_COUNTED = "hub.counted_clients"
"""In a scope: the clients that a request is counted for."""


class CallsAtOnce:
    """The calls of one application; used on its event loop alone, so there is no lock."""

    def __init__(self, processes: GatewayProcesses) -> None:
        self._processes = processes
        self._running: Counter[str] = Counter()

    async def begin(self) -> None:
        """Find out this process's share before it takes calls."""
        await self._processes.begin()

    def enter(self, request: Request, client: Client) -> bool:
        """Count a request until its answer is sent; False, and not counted, where none more may."""
        counted: list[str] | None = request.scope.get(_COUNTED)
        if counted is None or client.id in counted:  # a request counts once
            return True
        most = client.calls_at_once
        if most and self._running[client.id] >= self._processes.share(most):
            return False
        self._running[client.id] += 1
        counted.append(client.id)
        return True

    def leave(self, client: str) -> None:
        """Forget one request of a client."""
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]

    def running(self, client: str) -> int:
        """Return how many requests of a client are worked on."""
        return self._running[client]


class _Counting:
    """Ends the count of a request with the last piece of its answer, or when there is none."""

    def __init__(self, app: ASGIApp, calls: CallsAtOnce) -> None:
        self.app = app
        self.calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        counted: list[str] = []
        scope[_COUNTED] = counted

        def leave() -> None:
            while counted:
                self.calls.leave(counted.pop())

        async def answer(message: Message) -> None:
            # Before that piece is sent: a client may send its next call at once.
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                leave()
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            leave()


def install(app: DirectApp, calls: CallsAtOnce) -> None:
    """Count the requests of an application."""
    app.around_all = partial(_Counting, calls=calls)
