"""The plan of an installation's alerts, and the channels that it names."""

from collections.abc import Mapping
from pathlib import Path

from adapters.alerts.mail import MailChannel
from adapters.alerts.webhook import WebhookChannel
from hub.ports.alerts import AlertChannel
from hub.rules.alerts import reading
from hub.rules.alerts.plan import MAIL, WEBHOOK, AlertPlan, ChannelSettings
from hub.rules.alerts.reading import AlertsFileWrong
from hub.settings import Settings
from hub.texts import both

_KINDS = {MAIL: MailChannel, WEBHOOK: WebhookChannel}


def make_plan(settings: Settings) -> AlertPlan:
    """Return the packaged rules with the operator's file over them. Raises AlertsFileWrong."""
    return plan_of(settings.alerts_file)


def plan_of(file: str) -> AlertPlan:
    """Return the packaged rules with a file over them, "" for none. Raises AlertsFileWrong."""
    packaged = reading.packaged()
    if not file:
        return packaged
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        why = both("toml_file.no_file", why=error.strerror or type(error).__name__)
        raise AlertsFileWrong([both("toml_file.whole", file=file, why=why)]) from None
    except UnicodeDecodeError:
        why = both("toml_file.not_utf8")
        raise AlertsFileWrong([both("toml_file.whole", file=file, why=why)]) from None
    return reading.parse(text, file, over=packaged)


def make_channels(plan: AlertPlan) -> Mapping[str, AlertChannel]:
    """Return the channels of a plan by their names."""
    return {it.name: _channel(it) for it in plan.channels}


def _channel(channel: ChannelSettings) -> AlertChannel:
    made: AlertChannel = _KINDS[channel.kind](channel)
    return made
