"""Refused callers, each in the audit by count, whatever somebody outside does.

Allowed calls with a token of the settings are counted in the same way, without a first row: they
are many, and each message that they hand in has its own row in the journal.

A row for each refusal would let anybody fill the disk. So the first refusal of a source is written
at once, and what the same source is refused within the minute is counted and written as one row.
Sources beyond the first few of a minute are counted together: rows and memory have a bound that no
number of callers can move. What cannot be written while the store is away stays counted.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.ports import Clock
from hub.rules.failures.error_summary import describe_error
from hub.rules.masking import masked
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.evidence import audit

OTHERS = "other sources"
LONGEST_PATH = 200
"""Characters of a path that are kept: the refused caller has chosen it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is counted together."""

    caller: str
    purpose: str
    reason: str
    allowed: bool = False


@dataclass(slots=True)
class _Window:
    since: datetime
    more: int = 0
    """Refusals that have no row yet."""


@dataclass(frozen=True, slots=True)
class _Row:
    kind: _Kind
    object: str
    more: int
    """How many refusals the row tells of beyond the one that was written at once; 0: this one."""
    since: datetime


class Denials(Role):
    """Writes refusals down; threads share it. The role writes the counts of minutes that ended."""

    name = "denials"
    stops_last = True
    patience = 120.0

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        window: timedelta = timedelta(minutes=1),
        sources: int = 32,
        area: str = "gateway",
    ) -> None:
        """`area`: what the actions in the audit begin with."""
        super().__init__()
        self.area = area
        self.name = "denials" if area == "gateway" else f"denials.{area}"
        self.store = store
        self.clock = clock
        self.window = window
        self.sources = sources
        self._windows: dict[_Kind, _Window] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        while not self.stopping.is_set():
            self.beat()
            self.wakeup.wait(self.window.total_seconds() / 4)
            self.flush()

    def finish(self) -> None:
        self.flush(everything=True)

    def deny(self, caller: str, *, purpose: str, path: str, reason: str) -> None:
        """Write one refusal down, or count it. Never raises because the store is away."""
        now = self.clock()
        with self._lock:
            kind = self._kind(_Kind(caller, purpose, reason))
            if counted := self._windows.get(kind):
                counted.more += 1
                return
            self._windows[kind] = _Window(now)
        self._write([_Row(kind, masked(path)[:LONGEST_PATH], 0, now)], now)

    def allow(self, caller: str, *, purpose: str) -> None:
        """Count one allowed call; it is written when its minute has ended."""
        with self._lock:
            kind = self._kind(_Kind(caller, purpose, "", allowed=True))
            self._windows.setdefault(kind, _Window(self.clock())).more += 1

    def flush(self, *, everything: bool = False) -> None:
        """Write the counts of the windows that have ended, or of all of them."""
        now = self.clock()
        with self._lock:
            ended = [
                kind
                for kind, counted in self._windows.items()
                if everything or now - counted.since >= self.window
            ]
            windows = [(kind, self._windows.pop(kind)) for kind in ended]
        rows = [_Row(kind, "*", window.more, window.since) for kind, window in windows]
        self._write([row for row in rows if row.more], now)

    @property
    def counting(self) -> int:
        """How many sources are being counted."""
        return len(self._windows)

    def _kind(self, kind: _Kind) -> _Kind:
        """Return what a refusal is counted under; the lock is held."""
        if kind in self._windows or len(self._windows) < self.sources:
            return kind
        return _Kind(OTHERS, kind.purpose, kind.reason, kind.allowed)

    def _write(self, rows: Sequence[_Row], now: datetime) -> None:
        if not rows:
            return
        try:
            with self.store.write() as tx:
                for row in rows:
                    audit.record(
                        tx,
                        row.kind.caller,
                        f"{self.area}.{row.kind.purpose}",
                        object=row.object,
                        allowed=row.kind.allowed,
                        reason=_reason(row),
                        now=now,
                    )
        except StoreUnavailable as error:
            log.error(Event.ROLE_CRASHED, role=self.name, error=describe_error(error))
            self._count_again(rows)
        for row in rows:
            if row.kind.allowed:
                continue
            code, count = row.kind.reason, row.more or 1
            log.warning(Event.REQUEST_REFUSED, code=code, path=row.object, count=count)

    def _count_again(self, rows: Sequence[_Row]) -> None:
        with self._lock:
            for row in rows:
                kind = self._kind(row.kind)
                window = self._windows.setdefault(kind, _Window(row.since))
                window.more += row.more or 1


def _reason(row: _Row) -> str:
    if not row.more:
        return row.kind.reason
    if row.kind.allowed:
        return f"{row.more} calls since {row.since.isoformat(timespec='seconds')}"
    return f"{row.kind.reason}; {row.more} more since {row.since.isoformat(timespec='seconds')}"
