"""Raises one task for each delivery that does not move while its dossier's due date comes near.

The distance is counted in office hours. The task says what a person has to do: take the dossier
there by hand and record it, which stops the retries. It is closed by itself when the delivery is
settled, in whatever way. The timer looks once a sweep; what it finds is a row, so nothing is raised
twice after a restart or by two timers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages.partners import named
from hub.records.deadlines.calendar import CalendarMissing, local
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.rules.owners import CLERK
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, Tx
from hub.store.repair import deadline_alerts, tasks
from hub.store.repair.deadline_alerts import Near
from hub.texts import both

STUCK_AFTER = timedelta(minutes=5)
"""What has just been said is not stuck: many dossiers are due on the day they come in. Less than
the ten minutes after which the timer repeats a lost ask."""
WITHOUT_CALENDAR = timedelta(days=14)
"""How far is looked ahead where no calendar tells: longer than the days of Tết. Too early is a
question too many, too late is a broken promise."""


@dataclass(frozen=True, slots=True)
class AlertRound:
    """What one look did, and how many alerts are open after it."""

    raised: int
    closed: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineAlerts:
    """Keeps no state; a delivery is near its due date `within` so many of the office's hours."""

    store: Store
    rules: Rulebook
    within: timedelta

    def check(self, now: datetime) -> AlertRound:
        """Close the alerts that have become needless and raise those that are missing."""
        with self.store.read() as tx:
            due_by, stuck_since = self._horizon(now), now - STUCK_AFTER
            found = deadline_alerts.near(tx, due_by=due_by, stuck_since=stuck_since)
            found = [one for one in found if self._is_close(one, now)]
            needless = deadline_alerts.some_settled(tx)
            if not found and not needless:
                return AlertRound(0, 0, 0)
        with self.store.write() as tx:
            # First: an alert of the same lane must not stand in the way of the next one.
            closed = deadline_alerts.close_settled(tx, now)
            raised = [one for one in found if self._raise(tx, one, now)]
            left = deadline_alerts.count(tx)
        for one in raised:
            log.warning(
                Event.DEADLINE_NEAR,
                delivery=one.id,
                destination=one.destination,
                state=one.state,
                code=one.code,
                detail=f"due {local(one.due_at):%Y-%m-%d %H:%M}",
            )
        log.info(Event.DEADLINE_ALERTS, count=left)
        return AlertRound(len(raised), closed, left)

    def _raise(self, tx: Tx, one: Near, now: datetime) -> bool:
        return tasks.open_once(tx, finding(one), due_at=one.due_at, now=now)

    def _horizon(self, now: datetime) -> datetime:
        try:
            return self.rules.horizon(now, self.within)
        except CalendarMissing:
            return now + WITHOUT_CALENDAR

    def _is_close(self, one: Near, now: datetime) -> bool:
        """Ask the rule about a dossier whose clock stands; for the others the query has decided."""
        if one.paused_since is None:
            return True
        try:
            return self.rules.is_close(one.due_at, now, self.within, one.paused_since)
        except CalendarMissing:
            return True


def finding(one: Near) -> tasks.TaskFinding:
    """Return the task's content, in the officer's words and in the operator's."""
    partner = named(one.destination).text
    ambiguous = one.state is DeliveryState.AMBIGUOUS
    return tasks.TaskFinding(
        kind=deadline_alerts.KIND,
        subject=one.number,
        destination=one.destination,
        owner=CLERK,
        detail=both(
            "tasks.deadline_near",
            due=f"{local(one.due_at):%H:%M %d/%m/%Y}",
            partner=partner,
            id=one.id,
            state=state_text(one.state),
            code=one.code,
        ),
        repair=both(
            "tasks.take_by_hand_if_absent" if ambiguous else "tasks.take_by_hand",
            partner=partner,
            id=one.id,
        ),
        delivery_id=one.id,
    )
