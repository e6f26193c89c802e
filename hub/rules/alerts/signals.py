"""What is measured for alerts: the signals by name, their units, and one measurement of them.

A signal that could not be measured (the database is away) is not among `Observed.signals`, so that
nothing ends because nobody could look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.rules.owners import CLERK, WARD_IT
from hub.texts import Text


class SignalUnit(StrEnum):
    """What the value of a signal is."""

    DURATION = "duration"
    """Seconds."""
    COUNT = "count"
    PERCENT = "percent"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class AlertSignal:
    """One thing that is measured, for each of its subjects."""

    unit: SignalUnit
    subject: str
    """What its subjects are: `partner`, `host`, ...; in the runbook."""
    owner: str = WARD_IT
    low_is_bad: bool = False
    page: str = "/"
    """The console's page that shows more."""
    is_outside: bool = False
    """Whether no store can keep its incidents: they stand in a file of the machine that looks."""

    @property
    def is_of_machine(self) -> bool:
        """Whether each machine can measure it of itself alone."""
        return self.subject == "machine"


SIGNALS = {
    "oldest_open": AlertSignal(SignalUnit.DURATION, "partner", page="/search?partner={subject}"),
    "open_count": AlertSignal(SignalUnit.COUNT, "partner", page="/search?partner={subject}"),
    "attention_count": AlertSignal(
        SignalUnit.COUNT, "partner", page="/search?partner={subject}&state=dead"
    ),
    "parked_count": AlertSignal(SignalUnit.COUNT, "message type"),
    "failure_rate": AlertSignal(SignalUnit.PERCENT, "partner", page="/search?partner={subject}"),
    "critical_time": AlertSignal(SignalUnit.DURATION, "partner"),
    "circuit_open": AlertSignal(SignalUnit.DURATION, "partner and operation", page="/queues"),
    "due_near": AlertSignal(SignalUnit.COUNT, "partner", owner=CLERK),
    "due_passed": AlertSignal(SignalUnit.COUNT, "partner", owner=CLERK),
    "device_trouble": AlertSignal(SignalUnit.COUNT, "device", page="/devices"),
    "certificate_days": AlertSignal(SignalUnit.DAYS, "certificate", low_is_bad=True),
    "secret_days": AlertSignal(SignalUnit.DAYS, "client", low_is_bad=True),
    "disk_free": AlertSignal(SignalUnit.PERCENT, "machine", low_is_bad=True),
    "disk_days": AlertSignal(SignalUnit.DAYS, "machine", low_is_bad=True),
    "balance_wrong": AlertSignal(SignalUnit.COUNT, "partner"),
    "unknown_codes": AlertSignal(SignalUnit.COUNT, "partner"),
    "webhook_failing": AlertSignal(SignalUnit.COUNT, "webhook"),
    "channel_failing": AlertSignal(SignalUnit.COUNT, "channel"),
    "tasks_overdue": AlertSignal(SignalUnit.COUNT, "owner"),
    "process_silent": AlertSignal(SignalUnit.DURATION, "process"),
    "process_trouble": AlertSignal(SignalUnit.COUNT, "process"),
    "broker_lost": AlertSignal(SignalUnit.COUNT, "machine", page="/queues"),
    "database_lost": AlertSignal(SignalUnit.COUNT, "machine", is_outside=True),
    "hub_silent": AlertSignal(SignalUnit.COUNT, "hub", is_outside=True),
    "clock_skew": AlertSignal(SignalUnit.DURATION, "machine"),
}
"""Each signal by the name that rules use. Its sentences are in `hub/texts/alert_signals.toml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measurement; `value` is in the unit of its signal."""

    signal: str
    subject: str
    """The same for the same thing each time; no dossier number and no name of a person."""
    value: float
    about: Text | None = None
    """The subject in words, None where the subject is the word."""

    @property
    def shown(self) -> Text:
        """The subject in words."""
        return self.about or Text(self.subject, self.subject)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a look has found: which signals it could measure, and where there was something."""

    signals: frozenset[str]
    samples: Sequence[Measurement] = ()
    host: str = ""
    """The machine that looked: it says nothing of others. "" where there is only one."""

    def is_elsewhere(self, signal: str, subject: str) -> bool:
        """Tell whether only another machine can say how a subject is."""
        return self.host not in ("", subject) and SIGNALS[signal].is_of_machine
