"""Counts an allowed call and writes it into the audit, in one transaction.

The count holds for all processes together (`hub.store.clients.calls`). A client whose calls are
used up is refused from memory until there is room again, so that it costs the store nothing.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.gateway.clients.caller import GatewayCaller
from hub.ports import Clock
from hub.store.clients import calls, secrets
from hub.store.engine.store import Store
from hub.store.evidence import audit

NOTED_EACH = timedelta(minutes=1)
"""How often at most the last use of a secret is written."""
LONGEST_OBJECT = 200


@dataclass(frozen=True, slots=True)
class ClientCall:
    """What a caller wants to do."""

    operation: str
    object: str
    """What it concerns, e.g. the path: ids, never personal data."""


class ClientCalls:
    """The calls of one process; threads share it."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._lock = threading.Lock()
        self._full_until: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}

    def wait_of(self, client: str) -> timedelta | None:
        """Return how long a client's calls are used up as far as this process knows, else None."""
        until = self._full_until.get(client)
        if until is None:
            return None
        left = until - self.clock()
        if timedelta() < left <= calls.WINDOW + timedelta(seconds=1):
            return left
        with self._lock:
            self._full_until.pop(client, None)
        return None

    def take(self, caller: GatewayCaller, call: ClientCall | None) -> timedelta | None:
        """Count and audit a call. Returns None, or how long there is no room; then nothing is
        written. Raises StoreUnavailable: an allowed call that cannot be audited is not allowed.

        None for a call that was refused: it is counted only.
        """
        now = self.clock()
        client, most = caller.client, caller.rights.calls_per_minute
        with self.store.write() as tx:
            if most and not calls.take(tx, client, 1, most=most, now=now):
                until = calls.free_at(tx, client, now=now)
                with self._lock:
                    self._full_until[client] = until
                return until - now
            noted = self._is_to_note(caller.secret, now)
            if noted:
                secrets.used(tx, [caller.secret], now=now)
                if caller.certificate_ends_at is not None:
                    secrets.shown(tx, caller.secret, ends_at=caller.certificate_ends_at)
            if call is not None:
                audit.record(
                    tx,
                    client,
                    f"gateway.{call.operation}",
                    object=call.object[:LONGEST_OBJECT],
                    reason=f"{caller.by}, from {caller.address}",
                    now=now,
                )
        if noted:
            with self._lock:
                self._noted[caller.secret] = now
        return None

    def _is_to_note(self, secret: str, now: datetime) -> bool:
        noted = self._noted.get(secret)
        return noted is None or not timedelta() <= now - noted < NOTED_EACH
