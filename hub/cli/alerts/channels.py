"""`hub alerts test`: sends a test by the channels, now and without the store."""

import uuid
from typing import Annotated

import typer

from hub.bootstrap.alerts.plan import make_channels, make_plan
from hub.cli.context import not_done, settings
from hub.cli.output.answer import done, refuse, show
from hub.cli.output.listing import listing
from hub.operations.alerts import words
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import AlertPlan
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime.clock import utc_now
from hub.texts import both, text

app = typer.Typer()
CHANNELS = listing("channels", "*channel *kind person *sent code cause")
ANSWERS = {"test": (CHANNELS,)}


@app.command("test")
def send_test(channel: Annotated[str, typer.Argument(help="alert_channel")] = "") -> None:
    """Send a test by one channel, or by all; ends with 1 where one did not take it."""
    plan = plan_with_channels()
    chosen = [it for it in plan.channels if channel in ("", it.name)]
    if not chosen:
        names = ", ".join(it.name for it in plan.channels)
        refuse(text("alerts.no_channel", name=repr(channel), allowed=names))
        raise typer.Exit(2)
    made, rows = make_channels(plan), []
    for it in chosen:
        now = utc_now()
        name = plan.name or both("alerts.hub")
        values = {"hub": name, "mark": both("alerts.mark_test"), "what": both("alerts.test")}
        body = both("alerts.test_body", channel=it.name, at=words.at(now))
        subject = both("alerts.subject", **values).in_language(it.language)
        try:
            made[it.name].send(
                key=uuid.uuid4().hex, subject=subject, body=body.in_language(it.language), at=now
            )
        except ChannelFailed as failure:
            rows.append((it.name, it.kind, it.person, False, failure.code, failure.detail))
        else:
            rows.append((it.name, it.kind, it.person, True, "", ""))
    show(CHANNELS, rows)
    failed = [row[0] for row in rows if not row[3]]
    if failed:
        raise not_done(", ".join(failed))
    done(text("decisions.done"))


def plan_with_channels() -> AlertPlan:
    """Return the plan; a wrong file ends the command with code 2, one without a channel with 1."""
    try:
        plan = make_plan(settings())
    except TomlFileWrong as error:
        refuse(error.text)
        raise typer.Exit(2) from None
    if not plan.channels:
        raise not_done(text("alerts.no_channels"))
    return plan
