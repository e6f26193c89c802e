"""`hub run`: the hub itself, after its preflight."""

import faulthandler
import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from hub import preflight
from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.bootstrap.installation import id_of, mark_of, open_store
from hub.broker.admin import declare, ownership
from hub.broker.admin.ownership import OwnedByAnother
from hub.broker.topology import TOPOLOGY
from hub.cli.context import opened, settings
from hub.cli.installation.doctor import CHECKS, show_checks
from hub.cli.output import answer
from hub.cli.output.answer import done, put, refuse
from hub.ports import BrokerUnavailable
from hub.runtime import failpoints, telemetry, tracing
from hub.runtime.process.garbage_collection import collection_paused
from hub.runtime.process.stop_signals import StopSignals
from hub.settings import Settings, in_url
from hub.store.engine.store import StoreUnavailable, is_away
from hub.texts import text

app = typer.Typer()
ANSWERS = {"run": ("roles", "addresses", CHECKS)}


@app.command()
def run(
    roles: Annotated[str, typer.Option(help="roles")] = "",
) -> None:
    """Run the hub until SIGTERM or Ctrl-C."""
    if roles:
        os.environ["HUB_ROLES"] = roles
    # A process that dies of its own libraries leaves where it was; files, lines and names only.
    faulthandler.enable(2)
    found = settings()
    telemetry.setup(level=found.log_level, readable=sys.stderr.isatty())
    _migrate(found)
    if found.broker_url:
        _prepare_broker(found)
    checks = preflight.examine(found)
    problems = [check for check in checks if check.refuses]
    preflight.report(check for check in checks if not check.ok)
    if problems:
        show_checks(problems)
        raise typer.Exit(1)
    _refuse_an_old_copy(found)
    stop = StopSignals()
    failpoints.arm(found.failpoints)
    failpoints.watch_file(found.drill_points)
    with collection_paused():
        hub = build(found)
    _trace(found, hub)
    hub.start()
    _answer(found, hub)
    watch = preflight.Watch(
        found, checks, keep=hub.heartbeat.record_preflight if hub.heartbeat else None
    )
    watch.start()
    stop.wait()
    watch.stop()
    hub.stop()
    tracing.stop()


def _answer(found: Settings, hub: Hub) -> None:
    """Say where the hub is reached: the command's answer, while it goes on."""
    served = [place for it in hub.roles for place in it.served_at]
    at = [f"http://{in_url(host)}:{port}" for host, port in served]
    put(roles=found.roles.split(","), addresses=at)
    done(text("installation.ready", roles=" · ".join([found.roles, *at])))
    answer.end(0)


def _trace(found: Settings, hub: Hub) -> None:
    """Switch traces on where they are wanted; ends the command with 2 without their packages."""
    if not found.traces_url:
        return
    try:
        tracing.start(found.traces_url, salt=id_of(hub.store), roles=found.roles)
    except tracing.TracesUnavailable as error:
        refuse(text("installation.no_traces"), cause=str(error))
        raise typer.Exit(2) from None


def _migrate(found: Settings) -> None:
    """Bring the database to this program's schema; where it is away the preflight says so."""
    try:
        open_store(found, migrating=True).close()
    except StoreUnavailable as error:
        if not is_away(error):
            raise


def _prepare_broker(found: Settings) -> None:
    """Mark the broker's queues as ours and make what is missing there.

    What stands in the way (another owner, no broker, no database) is a finding of the preflight.
    """
    with suppress(BrokerUnavailable, StoreUnavailable, OwnedByAnother):
        with opened() as store, suppress(ownership.MayNotMark):
            ownership.claim(found.broker_url, id_of(store))
        declare.apply(TOPOLOGY, found.broker_url, found.broker_management_url)


def _refuse_an_old_copy(found: Settings) -> None:
    """End the command where the database knows of fewer calls than were made."""
    with opened() as store:
        if not mark_of(found).is_ahead(store):
            return
    refuse(text("installation.older_copy"))
    raise typer.Exit(1)
