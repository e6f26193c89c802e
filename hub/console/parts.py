"""What the pages are made of: the store, the clock, and whom the hub delivers to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from hub.ports import Clock
from hub.store.engine.store import Store


def peer_of(request: Request) -> str:
    """Return the address of the other end of the line."""
    return request.client.host if request.client else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Handed to every page. Only the sign-in and the own account write: users, sessions, audit."""

    store: Store
    clock: Clock
    destinations: tuple[str, ...]
    """In the order in which they are shown."""
    broker_url: str = field(default="", repr=False)
    """Of RabbitMQ; "" where the hub has the in-process broker."""
    management_url: str = field(default="", repr=False)
    code_key: Callable[[], bytes | None] = lambda: None
    """Content of the key file, which one-time codes are checked with."""
    address_of: Callable[[Request], str] = peer_of
    """Where a request comes from; a reverse proxy is believed only if it has proven itself."""
