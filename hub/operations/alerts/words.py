"""Incidents in words: the subject line that a person reads on a phone, and the message below it.

No personal data: a subject is a partner, a machine, a code or a client. The link leads to pages
where who may know more reads it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.messages.local_time import LOCAL
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.notifying import AlertMessage, Notice, NoticeKind
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.rule import AlertSeverity
from hub.rules.alerts.signals import SIGNALS, SignalUnit
from hub.texts import Text, both, joined
from hub.texts.catalog import Language

RUNBOOK = "docs/runbook/alert-signals.md"


def value_of(signal: str, value: float) -> Text:
    """Return a value of a signal in words."""
    unit = SIGNALS[signal].unit
    if unit is SignalUnit.DURATION:
        return duration(timedelta(seconds=value))
    if unit is SignalUnit.PERCENT:
        return Text(f"{value:.0f} %", f"{value:.0f} %")
    return Text(f"{value:.0f}", f"{value:.0f}")


def duration(time: timedelta) -> Text:
    """Return a duration as a person says it."""
    seconds = int(time.total_seconds())
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return both("alerts.days", days=hours // 24, hours=hours % 24)
    if hours:
        return both("alerts.hours", hours=hours, minutes=minutes % 60)
    if minutes:
        return both("alerts.minutes", minutes=minutes)
    return both("alerts.seconds", seconds=seconds)


def what(incident: Incident) -> Text:
    """Return what is wrong where, with the value of now."""
    value = value_of(incident.signal, incident.value)
    return both(f"alert_signals.{incident.signal}", about=incident.about, value=value)


def to_do(incident: Incident) -> Text:
    """Return what a person does about it."""
    return both(f"alert_signals.{incident.signal}_to_do")


def who(incident: Incident) -> Text:
    """Return who has to act, in words."""
    return both(f"owners.{SIGNALS[incident.signal].owner.lower().replace(' ', '_')}")


def at(moment: datetime) -> str:
    """Return a moment as it stands in a message."""
    return f"{moment.astimezone(LOCAL):%H:%M %d/%m/%Y}"


def subject(plan: AlertPlan, message: AlertMessage, language: Language) -> str:
    """Return the subject line: the worst first, how many more."""
    first = message.lines[0]
    about = what(first.incident)
    values = {"hub": plan.name or both("alerts.hub"), "mark": _mark(first), "what": about}
    if len(message.lines) == 1:
        return both("alerts.subject", **values).in_language(language)
    more = len(message.lines) - 1
    return both("alerts.subject_several", more=more, **values).in_language(language)


def body(plan: AlertPlan, message: AlertMessage, language: Language) -> str:
    """Return the text of a message, a paragraph an incident."""
    parts = [_paragraph(plan, line) for line in message.lines]
    return joined("\n\n", parts).in_language(language) + "\n"


def _paragraph(plan: AlertPlan, line: Notice) -> Text:
    it = line.incident
    head = joined("", [_mark(line), Text(": ", ": "), what(it)])
    started = it.started_at or it.first_seen_at
    if line.news is NoticeKind.ENDED:
        ended = both("alerts.until", since=at(started), at=at(it.ended_at or it.seen_at))
        return joined("\n", [head, ended])
    found = [head, both("alerts.since", at=at(started)), both("alerts.who", who=who(it))]
    found += [both("alerts.to_do", to_do=to_do(it)), *links(plan, it)]
    return joined("\n", found)


def links(plan: AlertPlan, it: Incident) -> Sequence[Text]:
    """Return where a person reads more and acknowledges."""
    found = []
    if plan.console:
        number = "" if SIGNALS[it.signal].is_outside else f"incidents/{it.number}"
        found.append(both("alerts.see", link=f"{plan.console.rstrip('/')}/{number}"))
    page = plan.runbook or RUNBOOK
    found.append(both("alerts.runbook", link=f"{page}#{it.signal}"))
    if not SIGNALS[it.signal].is_outside:
        found.append(both("alerts.acknowledge", number=it.number))
    return found


def _mark(line: Notice) -> Text:
    if line.news in (NoticeKind.REMINDER, NoticeKind.ESCALATED, NoticeKind.ENDED):
        return both(f"alerts.mark_{line.news.value}")
    critical = line.incident.severity is AlertSeverity.CRITICAL
    return both("alerts.mark_critical" if critical else "alerts.mark_warning")
