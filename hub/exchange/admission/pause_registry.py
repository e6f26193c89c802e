"""The board: puts what the gate of a destination pauses into the store, for everybody to see.

Operators read it (`hub pauses`), the timer heeds it, and the next process of the same role goes on
from it. It is written when something changes, not for every delivery. It also brings back what was
shelved: as much as a trial or a ramp can take, and everything when the pause has ended.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.exchange.admission import access_tasks
from hub.exchange.admission.admission import AdmissionControl
from hub.rules.circuit import Phase
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause
from hub.store.engine.store import Store, Tx

TOGETHER = 500
"""Deliveries recalled in one transaction."""


class PauseRegistry:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(
        self, store: Store, gate: AdmissionControl, *, on_commit: Callable[[], None]
    ) -> None:
        self.store = store
        self.gate = gate
        self.on_commit = on_commit
        self._shown: dict[str, Pause] = {}
        self._posted: set[str] = set()
        self._recalled: dict[str, int] = {}
        """The room for which deliveries were recalled, by operation."""
        self._recalled_at = datetime.min.replace(tzinfo=UTC)
        self._adopted = False

    @property
    def again(self) -> timedelta:
        """How long nothing has to come of a recall until the next one."""
        return min(timedelta(seconds=1), self.gate.policy.first_pause)

    def adopt(self, now: datetime) -> None:
        """Take over what an earlier process left; once."""
        if self._adopted:
            return
        with self.store.read() as tx:
            left = pauses.active(tx, self.gate.destination, now=now)
        self.gate.adopt(left)
        self._shown = {pause.operation: pause for pause in left}
        self._adopted = True

    def update(self, now: datetime) -> None:
        """Show what has changed since the last time, and recall what may go again."""
        present = self.gate.pauses(now)
        if not present and not self._shown and not self._posted:
            return
        changed = [it for it in present.values() if self._is_news(it)]
        gone = (self._shown.keys() | self._posted) - present.keys()
        room = {name: n for name, n in self.gate.room(now).items() if name in present}
        if now - self._recalled_at >= self.again:
            self._recalled = {}  # what was not due the last time may be due now
        wider = {name: n for name, n in room.items() if n > self._recalled.get(name, 0)}
        if changed or gone or wider:
            self._write(changed, gone, wider, now)
        if wider:
            self._recalled_at = now
        self._recalled = {name: max(n, self._recalled.get(name, 0)) for name, n in room.items()}
        self._shown, self._posted = present, set()

    def set_aside(self, tx: Tx, ids: dict[int, str], now: datetime) -> None:
        """Lay deliveries (number -> operation) aside that were taken from the queue in vain.

        In the same transaction their pause is made to last: else the timer, finding it expired,
        would ask for them at once, to have them shelved again.
        """
        pauses.set_aside(tx, list(ids), self.gate.destination)
        present = self.gate.pauses(now)
        for name in sorted(set(ids.values()) & present.keys()):
            pauses.post(tx, present[name])
            self._posted.add(name)

    def _is_news(self, pause: Pause) -> bool:
        shown = self._shown.get(pause.operation)
        return shown is None or replace(pause, expires_at=shown.expires_at) != shown

    def _write(
        self, changed: list[Pause], gone: set[str], wider: dict[str, int], now: datetime
    ) -> None:
        to = self.gate.destination
        with self.store.write() as tx:
            for pause in changed:
                pauses.post(tx, pause)
                access_tasks.raise_finding(tx, pause, now)
            for name in sorted(gone):
                pauses.clear(tx, to, name, now=now)
            if gone:
                access_tasks.close_findings(tx, to, now)
            asked = sum(
                pauses.resume(tx, to, name, now=now, limit=n) for name, n in sorted(wider.items())
            )
        for pause in changed:
            _report(pause)
        for name in sorted(gone):
            passing(Point.PAUSE_AFTER_CLEAR)
            log.warning(Event.PARTNER_RESUMED, destination=to, message_type=name)
            asked += self._resume_all(name, now)
        if asked:
            self.on_commit()

    def _resume_all(self, name: str, now: datetime) -> int:
        total = 0
        while True:
            with self.store.write() as tx:
                asked = pauses.resume(tx, self.gate.destination, name, now=now, limit=TOGETHER)
            total += asked
            if asked < TOGETHER:
                return total


def _report(pause: Pause) -> None:
    event = Event.PARTNER_PAUSED if pause.phase == Phase.OPEN else Event.PARTNER_TRIED
    log.warning(
        event,
        destination=pause.destination,
        message_type=pause.operation,
        code=pause.code or pause.kind,
        detail=pause.reason_en,
        until=pause.until.isoformat(),
    )
