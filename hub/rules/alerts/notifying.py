"""Whom to tell what now: (incidents, plan, silences, quiet, time) -> messages. Pure.

What is due for one channel at the same time is one message. In quiet hours, and shortly after the
last message of a channel, what is not critical waits; what is over before it was told is never
told. Each message has a key that says what it tells, so that the same is stored once only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.plan import AlertPlan, Step
from hub.rules.alerts.rule import AlertSeverity


class NoticeKind(StrEnum):
    """What is told of an incident."""

    STARTED = "started"
    WORSE = "worse"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Notice:
    """One incident within a message."""

    news: NoticeKind
    incident: Incident

    @property
    def key(self) -> str:
        """What this line tells: told twice it would say the same."""
        it = self.incident
        count = it.reminders if self.news is NoticeKind.REMINDER else 0
        # Numbers begin anew in each store and in each machine's file; receivers know all of them.
        at = it.first_seen_at.astimezone(UTC).isoformat()
        return f"{it.number}.{it.rule}.{it.subject}.{at}.{self.news.value}.{count}"


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What one channel is told at once, the worst first."""

    channel: str
    lines: tuple[Notice, ...]

    @property
    def key(self) -> str:
        """What stays the same when the message is sent again."""
        content = " ".join([self.channel, *(line.key for line in self.lines)])
        return hashlib.sha256(content.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What a person wants not to be told for a while; the incidents are kept all the same."""

    rule: str
    """A name, or a pattern with `*`."""
    subject: str = "*"
    until: datetime

    def covers(self, incident: Incident, now: datetime) -> bool:
        """Tell whether it keeps an incident quiet."""
        return (
            now < self.until
            and fnmatchcase(incident.rule, self.rule)
            and fnmatchcase(incident.subject, self.subject)
        )


@dataclass(frozen=True, slots=True)
class Notifications:
    """The messages, and the incidents as they are once these are stored."""

    messages: Sequence[AlertMessage]
    incidents: Sequence[Incident]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a decision depends on besides the incidents."""

    now: datetime
    quiet: bool = False
    silences: Sequence[Silence] = ()
    last: Mapping[str, datetime] = field(default_factory=dict)
    """When each channel got its last message."""


def notify(plan: AlertPlan, incidents: Sequence[Incident], when: Circumstances) -> Notifications:
    """Return what to send now. `incidents` are stored ones: started, and not told of their end."""
    lines: dict[str, list[Notice]] = {}
    after = []
    for incident in incidents:
        found, after_it = _of_incident(plan, incident, when)
        after.append(after_it)
        for channel, line in found:
            lines.setdefault(channel, []).append(line)
    messages = [
        AlertMessage(channel, tuple(sorted(those, key=_order)))
        for channel, those in sorted(lines.items())
    ]
    return Notifications(messages, after)


def _order(line: Notice) -> tuple[bool, bool, int]:
    it = line.incident
    return (
        line.news is NoticeKind.ENDED,
        it.severity is not AlertSeverity.CRITICAL,
        it.number or 0,
    )


def _of_incident(
    plan: AlertPlan, it: Incident, when: Circumstances
) -> tuple[list[tuple[str, Notice]], Incident]:
    """Return the lines of an incident by channel, and the incident once they are stored."""
    if it.started_at is None:
        return [], it
    if it.ended_at is not None:
        return _of_end(plan, it, when)
    if it.is_acknowledged(when.now) or any(one.covers(it, when.now) for one in when.silences):
        return [], it
    found: dict[str, NoticeKind] = {}
    due = _next_steps(plan, it)
    for step in due:
        news = NoticeKind.ESCALATED if step.after else NoticeKind.STARTED
        found |= {name: news for name in step.channels if name not in it.notified}
    if it.notified_severity is not None and it.severity is not it.notified_severity:
        found |= dict.fromkeys(it.notified, NoticeKind.WORSE)
    reminded = _is_due_again(plan, it) and not found
    if reminded:
        found |= dict.fromkeys(it.notified, NoticeKind.REMINDER)
    if not found or any(_must_wait(plan, name, it, when) for name in found):
        return [], it
    after = replace(
        it,
        # The next step waits from here: hours in which nobody was told count for nothing.
        waited_for=due[-1].after if due else it.waited_for,
        notified=tuple(dict.fromkeys([*it.notified, *found])),
        since_notified=timedelta(),
        notified_severity=it.severity,
        reminders=it.reminders + reminded,
    )
    return [(name, Notice(news, after)) for name, news in found.items()], after


def _next_steps(plan: AlertPlan, it: Incident) -> list[Step]:
    """Return the next step where it is due, with all that have the same time."""
    known = set(it.notified)
    left = [step for step in plan.steps_for(it.severity) if not known.issuperset(step.channels)]
    return [step for step in left if step.after == left[0].after and step.after <= it.waited_for]


def _is_due_again(plan: AlertPlan, it: Incident) -> bool:
    rule = next((rule for rule in plan.rules if rule.name == it.rule), None)
    if rule is None or not it.notified or not rule.repeat:
        return False
    return it.since_notified >= rule.repeat


def _of_end(
    plan: AlertPlan, it: Incident, when: Circumstances
) -> tuple[list[tuple[str, Notice]], Incident]:
    known = {channel.name for channel in plan.channels}
    names = [name for name in it.notified if name in known]
    silent = any(one.covers(it, when.now) for one in when.silences)
    if names and not silent and any(_must_wait(plan, name, it, when) for name in names):
        return [], it
    after = replace(it, end_notified=True)
    if silent:
        return [], after
    return [(name, Notice(NoticeKind.ENDED, after)) for name in names], after


def _must_wait(plan: AlertPlan, channel: str, it: Incident, when: Circumstances) -> bool:
    """Tell whether a line waits: for the end of quiet hours, or to go with others."""
    if it.severity is AlertSeverity.CRITICAL:
        return False
    if when.quiet:
        return True
    last = when.last.get(channel)
    # A last message in the future is one of a clock that was ahead: it holds up nothing.
    return last is not None and timedelta() <= when.now - last < plan.together
