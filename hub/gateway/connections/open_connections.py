"""The open connections of a gateway: how many, from where, and which of them wait too long.

Lives on the event loop of its server. One timer checks all connections, so that a request costs no
timer of its own.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from hub.gateway.connections.limits import ConnectionLimits
from hub.rules.clients.client import Network, is_in


class Watched(Protocol):
    """A connection that is checked."""

    def check(self, now: float) -> None:
        """End the connection if it waits too long; `now` is the loop's time."""


class OpenConnections:
    """The connections of one server."""

    def __init__(self, limits: ConnectionLimits, *, proxies: Sequence[Network] = ()) -> None:
        """`proxies`: networks of reverse proxies, whose lines carry the calls of many callers."""
        self.limits = limits
        self._proxies = tuple(proxies)
        self._open: dict[Watched, str] = {}
        self._by_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, connection: Watched, address: str, loop: asyncio.AbstractEventLoop) -> bool:
        """Take a new connection in; False where there is no room for it."""
        full = len(self._open) >= self.limits.connections
        crowded = self._by_address[address] >= self.limits.per_address
        if full or (crowded and not is_in(address, self._proxies)):
            return False
        self._open[connection] = address
        self._by_address[address] += 1
        if self._timer is None:
            self._timer = loop.call_later(self.limits.tick.total_seconds(), self._check, loop)
        return True

    def leave(self, connection: Watched) -> None:
        """Forget a connection; one that was never taken in is none."""
        address = self._open.pop(connection, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def __len__(self) -> int:
        return len(self._open)

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in list(self._open):
            connection.check(now)
        self._timer = None
        if self._open:
            self._timer = loop.call_later(self.limits.tick.total_seconds(), self._check, loop)
