"""`hub edge-agents`: add a workstation's agent, revoke it, list all, accept what was lost."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from hub.cli.clients.manage import refused
from hub.cli.context import Actor, Reason, by, opened
from hub.cli.output.answer import done, put, show
from hub.cli.output.listing import listing
from hub.operations.clients.issuing import NotDone
from hub.operations.edge import enrolling
from hub.operations.signed_by import SignedBy
from hub.rules.clients.client import NotAClient
from hub.runtime.clock import utc_now
from hub.store.edge import agents
from hub.store.edge.agents import KeptAgent
from hub.texts import text

app = typer.Typer()
AGENTS = listing("edge_agents", "*agent agency state heard_since waiting room_days version")
ANSWERS = {
    "list": (AGENTS,),
    "add": ("agent", "code", "until"),
    "revoke": ("agent",),
    "accept-gaps": ("agent",),
    "accept-devices": ("agent", "devices"),
}
Agent = Annotated[str, typer.Argument(help="edge_agent")]


@app.command("list")
def list_agents() -> None:
    """List the agents and what each said last."""
    with opened() as store, store.read() as tx:
        known = agents.all_of(tx)
    now = utc_now()
    show(AGENTS, [_row(it, now) for it in known], empty=text("edge.none"))


def _row(it: KeptAgent, now: datetime) -> tuple[object, ...]:
    report = it.report
    cells = (report.waiting, report.room_days, report.version) if report else ("", "", "")
    return (it.id, it.agency, it.state_at(now), it.heard_at, *cells)


@app.command("add")
def add(
    agent: Agent,
    reason: Reason,
    agency: Annotated[str, typer.Option(help="edge_agency")] = "",
    actor: Actor = "",
) -> None:
    """Print a code for a new workstation, or for one that is set up again."""
    who = by(reason, actor)
    try:
        with opened() as store:
            code = enrolling.add(store, agent, agency=agency, by=who)
    except (NotAClient, NotDone) as error:
        raise refused(error) from None
    put(agent=agent, code=code.text, until=code.until)
    done(text("edge.code", agent=agent, code=code.text))


@app.command("revoke")
def revoke(agent: Agent, reason: Reason, actor: Actor = "") -> None:
    """Refuse an agent from now on; what its workstation holds stays there."""
    _decide(enrolling.revoke, agent, by(reason, actor))
    done(text("edge.revoked", agent=agent))


@app.command("accept-gaps")
def accept_gaps(agent: Agent, reason: Reason, actor: Actor = "") -> None:
    """Take missing events, and what a replaced spool held, as lost."""
    _decide(enrolling.accept_gaps, agent, by(reason, actor))
    done(text("edge.gaps_accepted", agent=agent))


@app.command("accept-devices")
def accept_devices(agent: Agent, reason: Reason, actor: Actor = "") -> None:
    """Take the devices that an agent reports as its own."""
    who = by(reason, actor)
    try:
        with opened() as store:
            new = enrolling.accept_devices(store, agent, by=who)
    except NotDone as error:
        raise refused(error) from None
    put(agent=agent, devices=new)
    done(text("edge.devices_accepted", agent=agent, devices=", ".join(new)))


def _decide(act: Callable[..., object], agent: str, who: SignedBy) -> None:
    """Have an act done to an agent; a refused one ends the command."""
    try:
        with opened() as store:
            act(store, agent, by=who)
    except NotDone as error:
        raise refused(error) from None
    put(agent=agent)
