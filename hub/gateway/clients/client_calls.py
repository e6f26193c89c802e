"""Counts allowed calls and writes them into the audit, in one transaction for all that wait.

The count holds for all processes together (`hub.store.clients.calls`). A client whose calls are
used up is refused from memory until there is room again, so that it costs the store nothing.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.gateway.clients.caller import GatewayCaller
from hub.ports import Clock
from hub.rules.masking import masked
from hub.store.clients import calls, secrets
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit

RECORDED_EACH = timedelta(minutes=1)
"""How often at most the last use of a secret is written."""
LONGEST_OBJECT = 200


@dataclass(frozen=True, slots=True)
class ClientCall:
    """What a caller wants to do."""

    operation: str
    object: str
    """What it concerns, e.g. the path: ids, never personal data."""


@dataclass(frozen=True, slots=True)
class CallerAndCall:
    """A call, and whose it is."""

    caller: GatewayCaller
    call: ClientCall
    is_refused: bool = False
    """A call that was refused is counted only."""

    def audited(self, now: datetime) -> audit.AuditRow:
        """Return its row of the audit."""
        return audit.AuditRow(
            at=now,
            actor=self.caller.client,
            action=f"gateway.{self.call.operation}",
            object=masked(self.call.object)[:LONGEST_OBJECT],
            reason=f"{self.caller.by}, from {self.caller.address}",
            allowed=True,
        )


class ClientCalls:
    """The calls of one process; threads share it."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._lock = threading.Lock()
        self._full_until: dict[str, datetime] = {}
        self._recorded: dict[str, datetime] = {}

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

    def write(self, made: Sequence[CallerAndCall]) -> list[timedelta | None]:
        """Count and audit calls in one transaction. Returns for each None, or how long there is no
        room; then nothing is written of it. Raises StoreUnavailable: an allowed call that cannot be
        audited is not allowed.
        """
        now = self.clock()
        with self.store.write() as tx:
            waits = self.count(tx, made, now)
            allowed = _allowed(made, waits)
            write_audit(tx, allowed, now)
        self.committed(allowed, now)
        return waits

    def count(self, tx: Tx, made: Sequence[CallerAndCall], now: datetime) -> list[timedelta | None]:
        """Count calls in a transaction of the caller, who then calls `write_audit` and, after the
        commit, `committed`. Returns for each None, or how long there is no room for it.
        """
        waits: list[timedelta | None] = [None] * len(made)
        for client, places in _by_client(made).items():
            most = made[places[0]].caller.rights.calls_per_minute
            room = calls.reserve(tx, client, len(places), most=most, now=now) if most else None
            for place in places[room:] if room is not None else ():
                waits[place] = self._wait(tx, client, now)
        self._record_use(tx, _allowed(made, waits), now)
        return waits

    def committed(self, allowed: Sequence[CallerAndCall], now: datetime) -> None:
        """Remember which secrets' last use is written."""
        used = {one.caller.secret for one in allowed if self._is_to_record(one.caller.secret, now)}
        if used:
            with self._lock:
                self._recorded |= dict.fromkeys(used, now)

    def _record_use(self, tx: Tx, allowed: Sequence[CallerAndCall], now: datetime) -> None:
        callers = {one.caller.secret: one.caller for one in allowed}
        used = sorted(secret for secret in callers if self._is_to_record(secret, now))
        if used:
            secrets.used(tx, used, now=now)
        for secret in used:
            ends_at = callers[secret].certificate_ends_at
            if ends_at is not None:
                secrets.shown(tx, secret, ends_at=ends_at)

    def _wait(self, tx: Tx, client: str, now: datetime) -> timedelta:
        until = calls.free_at(tx, client, now=now)
        with self._lock:
            self._full_until[client] = until
        return until - now

    def _is_to_record(self, secret: str, now: datetime) -> bool:
        recorded = self._recorded.get(secret)
        return recorded is None or not timedelta() <= now - recorded < RECORDED_EACH


def _allowed(
    made: Sequence[CallerAndCall], waits: Sequence[timedelta | None]
) -> list[CallerAndCall]:
    return [one for one, wait in zip(made, waits, strict=True) if wait is None]


def write_audit(tx: Tx, allowed: Sequence[CallerAndCall], now: datetime) -> None:
    """Write a row for each allowed call; at the end of the transaction."""
    audit.record_all(tx, [one.audited(now) for one in allowed if not one.is_refused])


def _by_client(made: Sequence[CallerAndCall]) -> dict[str, list[int]]:
    """Return the places of each client's calls, in the order in which clients are locked."""
    places: dict[str, list[int]] = {}
    for place, one in enumerate(made):
        places.setdefault(one.caller.client, []).append(place)
    return dict(sorted(places.items()))
