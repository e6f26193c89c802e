"""The pause registry: writes what is paused for a destination into the store.

Operators read it (`hub partners pauses`), the timer respects it, and the next process of the role
goes on from it. It is written when something changes, not for every delivery. It also resumes what
was set aside: as much as a probe or a ramp can take, and everything when the pause has ended.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.exchange.admission import login_tasks
from hub.exchange.admission.circuits import Circuits
from hub.rules.calls.call_limits import ClosedPeriod
from hub.rules.calls.circuit import Phase
from hub.runtime.failpoints import Point, passing
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause, PersonPause
from hub.store.engine.store import Store, Tx
from hub.texts import both

TOGETHER = 500
"""Deliveries resumed in one transaction."""


PERSONS_EVERY = timedelta(seconds=1)
"""Between two looks for what persons paused."""


class PauseRegistry:
    """One destination's; belongs to the thread of its Deliver."""

    def __init__(self, store: Store, circuits: Circuits, *, on_commit: Callable[[], None]) -> None:
        self.store = store
        self.circuits = circuits
        self.on_commit = on_commit
        self._shown: dict[str, Pause] = {}
        self._posted: set[str] = set()
        self._resumed: dict[str, int] = {}
        """The room for which deliveries were resumed, by operation."""
        self._resumed_at = datetime.min.replace(tzinfo=UTC)
        self._adopted = False
        self._heard_at = datetime.min.replace(tzinfo=UTC)

    def adopt(self, now: datetime) -> None:
        """Take over what an earlier process left; once."""
        if self._adopted:
            return
        with self.store.read() as tx:
            left = pauses.active(tx, self.circuits.destination, now=now)
        self.circuits.adopt(left)
        self._shown = {pause.operation: pause for pause in left}
        self._adopted = True

    def update(self, now: datetime) -> None:
        """Write what has changed since the last time, and resume what may go again."""
        self.read_persons(now)
        present = self.circuits.pauses(now)
        if not present and not self._shown and not self._posted:
            return
        changed = [present[name] for name in sorted(present) if self._is_news(present[name])]
        gone = (self._shown.keys() | self._posted) - present.keys()
        room = {name: n for name, n in self.circuits.room(now).items() if name in present}
        if now - self._resumed_at >= self.circuits.retry_after:
            self._resumed = {}  # what was not due the last time may be due now
        wider = {name: n for name, n in room.items() if n > self._resumed.get(name, 0)}
        if changed or gone or wider:
            self._write(changed, gone, wider, now)
        if wider:
            self._resumed_at = now
        self._resumed = {name: max(n, self._resumed.get(name, 0)) for name, n in room.items()}
        self._shown, self._posted = present, set()

    def read_persons(self, now: datetime) -> None:
        """Have in force what persons paused; read once a second at most."""
        if timedelta() <= now - self._heard_at < PERSONS_EVERY:
            return
        with self.store.read() as tx:
            found = pauses.paused_by_persons(tx, self.circuits.destination, now=now)
        self.circuits.set_person_pauses({it.operation: _period(it) for it in found})
        self._heard_at = now

    def lock(self, tx: Tx, ids: Sequence[int]) -> None:
        """Lock work of which a part will be set aside, before the other part is claimed."""
        pauses.lock(tx, ids)

    def set_aside(self, tx: Tx, ids: dict[int, str], now: datetime) -> None:
        """Set deliveries (number -> operation) aside that were taken from the queue in vain.

        In the same transaction their pause is made to last: else the timer would find it expired
        and enqueue them at once, only to have them set aside again.
        """
        pauses.set_aside(tx, list(ids), self.circuits.destination)
        present = self.circuits.pauses(now)
        for name in sorted(set(ids.values()) & present.keys()):
            pauses.post(tx, present[name])
            self._posted.add(name)

    def _is_news(self, pause: Pause) -> bool:
        shown = self._shown.get(pause.operation)
        return shown is None or replace(pause, expires_at=shown.expires_at) != shown

    def _write(
        self, changed: list[Pause], gone: set[str], wider: dict[str, int], now: datetime
    ) -> None:
        to = self.circuits.destination
        with self.store.write() as tx:
            pauses.change(tx, to, changed, gone, now=now)
            for pause in changed:
                login_tasks.raise_finding(tx, pause, now)
            if gone or any(it.phase == Phase.RAMPING for it in changed):
                login_tasks.close_findings(tx, to, now)
            resumed = sum(
                pauses.resume(tx, to, name, now=now, limit=n) for name, n in sorted(wider.items())
            )
        for pause in changed:
            _report(pause)
        for name in sorted(gone):
            passing(Point.PAUSE_AFTER_CLEAR)
            log.warning(Event.PARTNER_RESUMED, destination=to, message_type=name)
            resumed += self._resume_all(name, now)
        if resumed:
            self.on_commit()

    def _resume_all(self, name: str, now: datetime) -> int:
        total = 0
        while True:
            with self.store.write() as tx:
                resumed = pauses.resume(
                    tx, self.circuits.destination, name, now=now, limit=TOGETHER
                )
            total += resumed
            if resumed < TOGETHER:
                return total


def _period(pause: PersonPause) -> ClosedPeriod:
    words = both(
        "pauses.drained" if pause.drains else "pauses.person",
        actor=pause.actor,
        reason=pause.reason,
    )
    return ClosedPeriod(
        since=pause.since,
        until=pause.until,
        reason_vi=words.vi,
        reason_en=words.en,
        drains=pause.drains,
    )


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
