"""The file of alerts, and how the channels do that it names; sends nothing."""

from collections.abc import Iterator

from hub.bootstrap.alerts.plan import make_plan
from hub.operations.alerts.words import at
from hub.preflight.check import Check
from hub.preflight.store.reading import reading
from hub.rules.toml.reading import TomlFileWrong
from hub.settings import Settings
from hub.store.alerts import messages
from hub.store.alerts.messages import ChannelState
from hub.texts import text


def alert_channels(settings: Settings) -> Iterator[Check]:
    """Check the file, and tell of each channel whether its last messages went out."""
    try:
        plan = make_plan(settings)
    except TomlFileWrong as error:
        yield Check("alerts", False, str(error), text("alerts.doctor_file_fix"), fatal=True)
        return
    if not plan.channels:
        yield Check("alerts", True, text("alerts.no_channels"))
        return
    names = [channel.name for channel in plan.channels]
    with reading(settings) as tx:
        known = {} if tx is None else {it.channel: it for it in messages.states(tx, names)}
    for name in names:
        yield _channel(name, known.get(name))


def _channel(name: str, state: ChannelState | None) -> Check:
    fix = text("alerts.doctor_fix", channel=name)
    subject = f"alerts {name}"
    if state is None:
        return Check(subject, True, text("alerts.doctor_unused"), fix)
    if state.code:
        waiting = text("alerts.doctor_failing", waiting=state.waiting, code=state.code)
        return Check(subject, False, waiting, fix)
    sent = at(state.last_sent_at) if state.last_sent_at else "-"
    return Check(subject, True, text("alerts.doctor_good", at=sent), fix)
