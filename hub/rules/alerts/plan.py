"""Everything that an installation says about alerts: rules, quiet hours, channels, escalation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from hub.messages.local_time import LOCAL
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.texts.catalog import Language

EVERY_SEVERITY = tuple(AlertSeverity)
MAIL, WEBHOOK, APPRISE = "mail", "webhook", "apprise"
EXTRAS = {APPRISE: "chat"}
"""The extra of the package that a kind of channel needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over; a password stands in a file only."""

    host: str
    port: int = 587
    tls: str = "starttls"
    """`starttls`, `implicit`, or `none`, which only this machine itself may be."""
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    """Roots that sign the server's certificate; "": the system's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One way to one person, or to several."""

    name: str
    kind: str
    person: str = ""
    """Who reads it, in words."""
    language: Language = Language.VI
    mail: MailServer | None = None
    sender: str = ""
    to: tuple[str, ...] = ()
    url: str = ""
    secret_file: str = ""
    """What signs a webhook."""
    url_file: str = ""
    """Holds the address of a chat, which is a secret."""
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Whom to tell when nobody has acknowledged an incident for so long."""

    after: timedelta
    channels: tuple[str, ...]
    severities: tuple[AlertSeverity, ...] = EVERY_SEVERITY


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When only what is critical is told, by the clock of the ward."""

    starts: time | None = None
    ends: time | None = None
    """Over midnight when it is not after `starts`."""
    days_off: bool = False
    """Whether days without office hours (weekends, holidays) are quiet as a whole."""

    def holds(self, at: datetime, *, day_off: bool) -> bool:
        """Tell whether it is quiet; `day_off`: whether the ward's office is closed that day."""
        if self.days_off and day_off:
            return True
        if self.starts is None or self.ends is None:
            return False
        clock = at.astimezone(LOCAL).time()
        if self.starts < self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """The rules, and whom to tell when."""

    rules: Sequence[Rule] = ()
    channels: Sequence[ChannelSettings] = ()
    steps: Sequence[Step] = ()
    """In the order of their times."""
    quiet: QuietHours = field(default_factory=QuietHours)
    together: timedelta = timedelta(minutes=5)
    """The least time between two messages of one channel, unless something is critical."""
    name: str = ""
    """What the installation is called in subject lines; "": the hub."""
    console: str = ""
    """The address of the console, for links; "": messages have none."""
    runbook: str = ""
    """The address of the runbook's page about alerts; "": the messages name its file."""

    def channel(self, name: str) -> ChannelSettings:
        """Return a channel by its name. Raises KeyError."""
        return next((it for it in self.channels if it.name == name), None) or _missing(name)

    def steps_for(self, severity: AlertSeverity) -> list[Step]:
        """Return the steps that an incident of a severity takes."""
        return [step for step in self.steps if severity in step.severities]


def _missing(name: str) -> ChannelSettings:
    raise KeyError(name)
