"""`hub alerts test`: tries the channels and the heartbeat's address, now and without the store."""

import uuid
from collections.abc import Callable
from typing import Annotated

import typer

from hub.bootstrap.alerts.outside import make_heartbeat_call
from hub.bootstrap.alerts.plan import make_channels, make_plan
from hub.cli.alerts.channel_faults import Outcome, cause_of, outcome_of, to_do_about
from hub.cli.context import not_done, settings
from hub.cli.output.answer import done, print_line, refuse, show
from hub.cli.output.listing import listing
from hub.operations.alerts import words
from hub.ports.alerts import AlertChannel, ChannelFailed
from hub.rules.alerts.plan import AlertPlan, ChannelSettings
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime.clock import utc_now
from hub.settings import SettingsError
from hub.texts import both, text

app = typer.Typer()
CHANNELS = listing("channels", "*channel *kind person *outcome code cause what_to_do")
ANSWERS = {"test": (CHANNELS,)}
HEARTBEAT = "HUB_HEARTBEAT_URL"


@app.command("test")
def send_test(channel: Annotated[str, typer.Argument(help="alert_channel")] = "") -> None:
    """Send a test by one channel, or by all with the heartbeat; ends with 1 where one failed."""
    plan, heartbeat = _plan(), None if channel else _heartbeat_call()
    if not plan.channels and heartbeat is None:
        raise not_done(text("alerts.no_channels"))
    chosen = [it for it in plan.channels if channel in ("", it.name)]
    if channel and not chosen:
        names = ", ".join(it.name for it in plan.channels)
        refuse(text("alerts.no_channel", name=repr(channel), allowed=names))
        raise typer.Exit(2)
    made = make_channels(plan)
    rows = [_tried(it.name, it.kind, it.person, _sending(plan, it, made[it.name])) for it in chosen]
    if heartbeat is not None:
        rows.append(_tried(HEARTBEAT, "heartbeat", "", heartbeat))
    show(CHANNELS, rows)
    if heartbeat is None and not channel:
        print_line(text("alerts.no_heartbeat"))
    failed = [str(row[0]) for row in rows if row[3] is not Outcome.SENT]
    if failed:
        raise not_done(", ".join(failed))
    done(text("decisions.done"))


def _tried(name: str, kind: str, person: str, attempt: Callable[[], None]) -> tuple[object, ...]:
    """Return the row of an attempt."""
    try:
        attempt()
    except ChannelFailed as failure:
        why = (failure.code, cause_of(failure), to_do_about(failure))
        return (name, kind, person, outcome_of(failure), *why)
    return (name, kind, person, Outcome.SENT, "", "", "")


def _sending(plan: AlertPlan, to: ChannelSettings, channel: AlertChannel) -> Callable[[], None]:
    """Return what sends the test by a channel."""

    def send() -> None:
        now = utc_now()
        name = plan.name or both("alerts.hub")
        values = {"hub": name, "mark": both("alerts.mark_test"), "what": both("alerts.test")}
        subject = both("alerts.subject", **values).in_language(to.language)
        body = both("alerts.test_body", channel=to.name, at=words.at(now)).in_language(to.language)
        channel.send(key=uuid.uuid4().hex, subject=subject, body=body, at=now)

    return send


def _heartbeat_call() -> Callable[[], None] | None:
    """Return the call; an address of no use ends the command with code 2."""
    try:
        return make_heartbeat_call(settings())
    except SettingsError as error:
        refuse(str(error))
        raise typer.Exit(2) from None


def _plan() -> AlertPlan:
    """Return the plan; a wrong file ends the command with code 2."""
    try:
        return make_plan(settings())
    except TomlFileWrong as error:
        refuse(error.text)
        raise typer.Exit(2) from None


def plan_with_channels() -> AlertPlan:
    """Return the plan; one without a channel ends the command with code 1."""
    plan = _plan()
    if not plan.channels:
        raise not_done(text("alerts.no_channels"))
    return plan
