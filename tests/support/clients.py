"""Clients of a gateway under test."""

from datetime import datetime, timedelta

from hub.operations.clients import issuing
from hub.rules.clients.api_keys import ApiKey
from hub.rules.clients.client import ANY, Client
from hub.store.engine.store import Store

REASON = "a test"


def add_client(
    store: Store,
    id: str = "province-portal",
    *,
    operations: frozenset[str] = frozenset({ANY}),
    agencies: frozenset[str] = frozenset({ANY}),
    addresses: tuple[str, ...] = (),
    calls_per_minute: int = 0,
    calls_at_once: int = 0,
    lasts: timedelta = timedelta(days=365),
    now: datetime,
) -> ApiKey:
    """Add a client; return its key."""
    client = Client(
        id=id,
        operations=operations,
        agencies=agencies,
        addresses=addresses,
        calls_per_minute=calls_per_minute,
        calls_at_once=calls_at_once,
    )
    issued = issuing.add(
        store,
        client,
        lasts=lasts,
        by={"actor": "Trần Thị Bình", "reason": REASON, "now": now},
    )
    assert issued.key is not None
    return issued.key
