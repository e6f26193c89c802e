"""The plan of an installation's alerts, and the channels that it names."""

from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec

from adapters.alerts.chat import AppriseChannel
from adapters.alerts.mail import MailChannel
from adapters.alerts.webhook import WebhookChannel
from hub.bootstrap.files.toml_file import toml_text
from hub.ports.alerts import AlertChannel
from hub.records.deadlines import calendar
from hub.records.deadlines.calendar import CalendarMissing, local
from hub.rules.alerts import reading
from hub.rules.alerts.plan import APPRISE, MAIL, WEBHOOK, AlertPlan, ChannelSettings
from hub.settings import Settings

_KINDS = {MAIL: MailChannel, WEBHOOK: WebhookChannel, APPRISE: AppriseChannel}


def make_plan(settings: Settings) -> AlertPlan:
    """Return the packaged rules with the operator's file over them. Raises TomlFileWrong."""
    return plan_of(settings.alerts_file)


def plan_of(file: str) -> AlertPlan:
    """Return the packaged rules with a file over them, "" for none. Raises TomlFileWrong."""
    packaged = reading.packaged()
    if not file:
        return packaged
    missing = () if find_spec("apprise") else (APPRISE,)
    return reading.parse(toml_text(file), file, over=packaged, missing=missing)


def is_day_off(at: datetime) -> bool:
    """Tell whether the ward's office is closed on a day; no where no calendar tells."""
    try:
        return not calendar.is_working_day(local(at).date(), calendar=calendar.load())
    except CalendarMissing:
        return False


def make_channels(plan: AlertPlan) -> Mapping[str, AlertChannel]:
    """Return the channels of a plan by their names."""
    return {it.name: _channel(it) for it in plan.channels}


def _channel(channel: ChannelSettings) -> AlertChannel:
    made: AlertChannel = _KINDS[channel.kind](channel)
    return made
