"""A row of looks at signals, without a store: what each finds, and what is told after it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hub.rules.alerts.incidents import Incident, evaluate
from hub.rules.alerts.notifying import AlertMessage, Circumstances, Silence, notify
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, QuietHours, Step
from hub.rules.alerts.rule import Rule
from hub.rules.alerts.signals import Measurement, Observed

START = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = Rule(
    name="long",
    signal="oldest_open",
    limit=3600.0,
    critical=7200.0,
    after=3 * MINUTE,
    clear_after=2 * MINUTE,
    repeat=60 * MINUTE,
)
FIRST, NEXT = (
    ChannelSettings(name="first", kind="mail"),
    ChannelSettings(name="next", kind="webhook"),
)
PLAN = AlertPlan(
    rules=[RULE],
    channels=[FIRST, NEXT],
    steps=[
        Step(after=timedelta(), channels=("first",)),
        Step(after=30 * MINUTE, channels=("next",)),
    ],
)


@dataclass
class Looks:
    """Looks once a minute, stores as the hub does, and keeps every message."""

    plan: AlertPlan = PLAN
    now: datetime = START
    day_off: bool = False
    known: list[Incident] = field(default_factory=list)
    over: list[Incident] = field(default_factory=list)
    sent: list[AlertMessage] = field(default_factory=list)
    last: dict[str, datetime] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    _number: int = 0

    def look(self, *values: float, measured: bool = True) -> list[AlertMessage]:
        """Look once; each value is that of a subject of its own. Return what is told."""
        samples = [
            Measurement(signal="oldest_open", subject=f"s{place}", value=value)
            for place, value in enumerate(values)
        ]
        signals = frozenset({"oldest_open"}) if measured else frozenset[str]()
        found = evaluate(self.plan.rules, Observed(signals, samples), self.known, now=self.now)
        kept = [self._stored(it) for it in found.kept]
        when = Circumstances(
            now=self.now,
            quiet=self.plan.quiet.holds(self.now, day_off=self.day_off),
            silences=self.silences,
            last=self.last,
        )
        told = notify(self.plan, [*self.over, *kept], when)
        self.known = [it for it in told.incidents if it.ended_at is None]
        self.over = [it for it in told.incidents if it.ended_at and not it.end_notified]
        self.last |= {message.channel: self.now for message in told.messages}
        self.sent += told.messages
        return list(told.messages)

    def minutes(self, count: int, *values: float) -> list[AlertMessage]:
        """Look once in each of some minutes; return what is told in them."""
        found = []
        for _ in range(count):
            self.now += MINUTE
            found += self.look(*values)
        return found

    def acknowledge(self, until: datetime) -> None:
        """Have a person take every incident."""
        self.known = [replace(it, acknowledged_until=until) for it in self.known]

    def _stored(self, it: Incident) -> Incident:
        if it.number is None:
            self._number += 1
            return replace(it, number=self._number)
        return it


def news(messages: Sequence[AlertMessage]) -> list[tuple[str, list[str]]]:
    """Return each message as its channel and the news in it."""
    return [(it.channel, [line.news.value for line in it.lines]) for it in messages]


def at_night(plan: AlertPlan = PLAN) -> AlertPlan:
    """Return a plan for which it is quiet at `START`, which is nine in the morning there."""
    starts, ends = START.replace(hour=8).time(), START.replace(hour=10).time()
    return replace(plan, quiet=QuietHours(starts=starts, ends=ends))
