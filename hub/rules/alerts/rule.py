"""A rule of alerts: which signal, from which value on, for how long. Pure.

Times of a rule are times during which the hub has looked, not times of a clock: see `incidents`.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from hub.rules.alerts.signals import SIGNALS, Measurement


class AlertSeverity(StrEnum):
    """How soon a person has to act; what is critical passes in quiet hours, too."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a signal becomes an incident."""

    name: str
    signal: str
    limit: float
    """Above it, or below it for a signal that is bad when low, the rule holds."""
    critical: float | None = None
    """The same, from where on the incident is critical."""
    severity: AlertSeverity = AlertSeverity.WARNING
    after: timedelta = timedelta()
    """For how long it must hold before the incident starts."""
    clear_after: timedelta = timedelta(minutes=5)
    """For how long it must not hold before the incident ends."""
    repeat: timedelta = timedelta(hours=4)
    """After how long an incident that nobody has acknowledged is told again; zero: never."""
    subjects: tuple[str, ...] = ()
    """The only subjects that it is about, by name or by a pattern with `*` as of a silence; empty:
    all."""

    def concerns(self, sample: Measurement) -> bool:
        """Tell whether the rule is about a sample."""
        return sample.signal == self.signal and (
            not self.subjects or any(fnmatchcase(sample.subject, it) for it in self.subjects)
        )

    def holds(self, value: float) -> bool:
        """Tell whether a value is one to be told about."""
        return self._beyond(value, self.limit)

    def severity_of(self, value: float) -> AlertSeverity:
        """Return how bad a value is for which the rule holds."""
        if self.critical is not None and self._beyond(value, self.critical):
            return AlertSeverity.CRITICAL
        return self.severity

    def worse(self, one: float, other: float) -> float:
        """Return the worse of two values."""
        return min(one, other) if SIGNALS[self.signal].low_is_bad else max(one, other)

    def _beyond(self, value: float, limit: float) -> bool:
        return value < limit if SIGNALS[self.signal].low_is_bad else value > limit
