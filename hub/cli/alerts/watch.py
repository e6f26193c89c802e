"""`hub alerts watch`: on a second machine, tells persons when the hub does not work."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.alerts.outside import make_watch, watch_folder
from hub.cli.alerts.channels import plan_with_channels
from hub.cli.context import not_done, settings
from hub.cli.output.answer import refuse, show
from hub.cli.output.listing import listing
from hub.operations.alerts.outside_watch import OutsideWatch
from hub.rules.failures.error_summary import describe_error
from hub.runtime import telemetry
from hub.runtime.clock import utc_now
from hub.runtime.process.stop_signals import StopSignals
from hub.runtime.telemetry import Event, log
from hub.texts import text

app = typer.Typer()
WATCHED = listing("watched", "*address *ready cause")
ANSWERS = {"watch": (WATCHED,)}
EVERY = 60.0
"""Seconds between two looks."""


@app.command("watch")
def watch(
    url: Annotated[list[str], typer.Option("--url", help="readyz_url")],
    state: Annotated[str, typer.Option("--state", help="watch_state")] = "",
    once: Annotated[bool, typer.Option("--once", help="watch_once")] = False,
) -> None:
    """Look at the hub's /readyz each minute and tell of a silent hub by the channels.

    Needs no store. With --once it looks once and ends with 1 where the hub does not work.
    """
    watching = _watching(url, state)
    if once:
        rows = _query(watching)
        show(WATCHED, rows)
        raise typer.Exit(0 if all(row[1] for row in rows) else 1)
    telemetry.setup(level=settings().log_level, readable=sys.stderr.isatty())
    keep_watching(watching, StopSignals().wait)


def keep_watching(watching: OutsideWatch, stopped_within: Callable[[float], bool]) -> None:
    """Look each minute until the process is stopped; a file that cannot be kept stops nothing."""
    while True:
        try:
            watching.run_once()
        except OSError as error:
            log.error(Event.ALERT_FAILED, where="alerts watch", error=describe_error(error))
        if stopped_within(EVERY):
            return


def _query(watching: OutsideWatch) -> list[tuple[str, bool, str]]:
    try:
        found, _ = watching.run_once()
    except OSError as error:
        raise not_done(os.strerror(error.errno or 0)) from None
    return [(url, why is None, str(why or "")) for url, why in found.items()]


def _watching(urls: list[str], state: str) -> OutsideWatch:
    plan = plan_with_channels()
    folder = Path(state) if state else watch_folder(settings())
    try:
        return make_watch(plan, urls, folder=folder, clock=utc_now)
    except ValueError as error:
        refuse(text("alerts.no_address", url=repr(str(error))))
        raise typer.Exit(2) from None
