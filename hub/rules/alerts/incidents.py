"""How incidents start, go on and end: (rules, what was observed, incidents, time) -> incidents.

An incident is one rule and one subject. It starts when the rule has held for a while, and ends when
it has not held for a while. These times add up only what lay between two looks, `LONGEST_STEP` at
most for each: a clock that jumps, a hub that was stopped, and a second timer neither start, end nor
repeat anything.

A machine measures itself alone, so a look of one machine leaves the incidents of others as they
are. A machine that has not looked for `LOST_AFTER` is none of this installation any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import Measurement, Observed
from hub.texts import Text

LONGEST_STEP = timedelta(minutes=5)
LOST_AFTER = timedelta(hours=1)
_NONE = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One rule that holds, or did a moment ago, for one subject."""

    number: int | None = None
    """None until it was stored."""
    rule: str
    signal: str
    subject: str
    about: Text
    severity: AlertSeverity
    value: float
    worst: float
    first_seen_at: datetime
    seen_at: datetime
    """When the hub has looked last."""
    started_at: datetime | None = None
    """None while the rule has not held for long enough."""
    ended_at: datetime | None = None
    true_for: timedelta = _NONE
    false_for: timedelta = _NONE
    waited_for: timedelta = _NONE
    """How long it has been open without being acknowledged."""
    since_notified: timedelta = _NONE
    """How long ago it was told last."""
    notified: tuple[str, ...] = ()
    """The channels that were told that it started."""
    reminders: int = 0
    notified_severity: AlertSeverity | None = None
    end_notified: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_until: datetime | None = None
    acknowledged_why: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same incident."""
        return self.rule, self.subject

    @property
    def is_open(self) -> bool:
        """Whether it has started and not ended."""
        return self.started_at is not None and self.ended_at is None

    def is_acknowledged(self, now: datetime) -> bool:
        """Tell whether a person has said that they see to it, for now."""
        return self.acknowledged_until is not None and now < self.acknowledged_until


@dataclass(frozen=True, slots=True)
class EvaluatedIncidents:
    """The incidents after a look: those to keep, and those that came to nothing."""

    kept: Sequence[Incident]
    forgotten: Sequence[Incident]


def evaluate(
    rules: Sequence[Rule], observed: Observed, known: Sequence[Incident], *, now: datetime
) -> EvaluatedIncidents:
    """Return the incidents after what was observed at `now`.

    `known`: those that have not ended. One whose rule is gone ends.
    """
    before = {it.key: it for it in known}
    by_name = {rule.name: rule for rule in rules}
    kept: list[Incident] = []
    forgotten: list[Incident] = []
    for rule in rules:
        if rule.signal in observed.signals:
            for subject, sample in _true(rule, observed).items():
                kept.append(_with(rule, sample, before.pop((rule.name, subject), None), now))
    for incident in before.values():
        rule_now = by_name.get(incident.rule)
        unseen = _unseen(rule_now, observed, incident, now) if rule_now else None
        if unseen is not None:
            kept.append(unseen)
        elif incident.started_at is None:
            forgotten.append(incident)
        else:
            kept.append(_without(rule_now, incident, now))
    return EvaluatedIncidents(kept, forgotten)


def _true(rule: Rule, observed: Observed) -> Mapping[str, Measurement]:
    """Return the worst sample of each subject for which a rule holds."""
    found: dict[str, Measurement] = {}
    for sample in observed.samples:
        if rule.concerns(sample) and rule.holds(sample.value):
            known = found.get(sample.subject)
            if known is None or rule.worse(known.value, sample.value) == sample.value:
                found[sample.subject] = sample
    return found


def _step(incident: Incident, now: datetime) -> timedelta:
    return min(max(now - incident.seen_at, _NONE), LONGEST_STEP)


def _with(rule: Rule, sample: Measurement, before: Incident | None, now: datetime) -> Incident:
    # Trap: a yes or no that is kept as a bool is not read again as a number by the file's reader.
    value = float(sample.value)
    severity = rule.severity_of(value)
    if before is None:
        before = Incident(
            rule=rule.name,
            signal=rule.signal,
            subject=sample.subject,
            about=sample.shown,
            severity=severity,
            value=value,
            worst=value,
            first_seen_at=now,
            seen_at=now,
        )
    after = replace(
        aged(before, now),
        true_for=before.true_for + _step(before, now),
        false_for=_NONE,
        value=value,
        about=sample.shown,
        worst=rule.worse(before.worst, value),
        # An incident that was critical stays so until it ends: no message a minute at the limit.
        severity=severity
        if before.severity is not AlertSeverity.CRITICAL or before.started_at is None
        else AlertSeverity.CRITICAL,
    )
    if after.started_at is None and after.true_for >= rule.after:
        return replace(after, started_at=now)
    return after


def _without(rule: Rule | None, before: Incident, now: datetime) -> Incident:
    """Return an incident whose rule does not hold now; `rule` None: there is no such rule."""
    after = replace(aged(before, now), false_for=before.false_for + _step(before, now))
    if rule is None or after.false_for >= rule.clear_after:
        return replace(after, ended_at=now)
    return after


def _unseen(rule: Rule, observed: Observed, before: Incident, now: datetime) -> Incident | None:
    """Return an incident of which this look says nothing; None where the look says that it is over.

    The next look of its machine tells how it is; until then both of its times go on.
    """
    if not observed.is_elsewhere(rule.signal, before.subject):
        return None if rule.signal in observed.signals else replace(before, seen_at=now)
    if before.false_for >= max(rule.clear_after, LOST_AFTER):
        return None
    step = _step(before, now)
    goes_on = step if before.false_for + step <= LONGEST_STEP else _NONE
    return replace(
        aged(before, now),
        true_for=before.true_for + goes_on,
        false_for=before.false_for + step,
    )


def aged(incident: Incident, now: datetime) -> Incident:
    """Return an incident with the time that has passed since the last look."""
    passed = _step(incident, now)
    opened = passed if incident.is_open and not incident.is_acknowledged(now) else _NONE
    return replace(
        incident,
        seen_at=now,
        waited_for=incident.waited_for + opened,
        since_notified=incident.since_notified + opened,
    )


def moves(before: Sequence[Incident], after: Sequence[Incident]) -> Iterator[tuple[str, Incident]]:
    """Yield what happened between two looks: `started`, `worse`, `ended`, with the incident."""
    known = {it.key: it for it in before}
    for it in after:
        was = known.get(it.key)
        if it.started_at is not None and (was is None or was.started_at is None):
            yield "started", it
        elif was is not None and it.is_open and it.severity is not was.severity:
            yield "worse", it
        if it.ended_at is not None and (was is None or was.ended_at is None):
            yield "ended", it
