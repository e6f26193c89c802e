"""`hub topology`: exchanges, queues and policies, as data and at the live broker."""

import sys
from json import loads
from typing import TYPE_CHECKING, Protocol

import typer

from hub.bootstrap.installation import id_of
from hub.broker.topology import TOPOLOGY, Topology, validate
from hub.cli.context import Actor, Reason, broker_address, by, not_done, opened, settings
from hub.cli.output.answer import done, for_programs, print_line, put, refuse
from hub.store.evidence import audit
from hub.texts import text

if TYPE_CHECKING:
    from hub.broker.admin.declare import TopologyPlan

app = typer.Typer()
ANSWERS = {
    "validate": ("problems",),
    "plan": ("differences", "unchecked"),
    "apply": ("differences", "unchecked"),
    "adopt": ("owner", "owner_before"),
    "export": ("definitions",),
}


class Work(Protocol):
    """`plan` or `apply`."""

    def __call__(
        self, topology: Topology, broker_url: str, management_url: str = ""
    ) -> "TopologyPlan": ...


@app.command("validate")
def check() -> None:
    """Check the topology's own sense."""
    problems = validate(TOPOLOGY)
    put(problems=problems)
    for problem in problems:
        refuse(f"✗ {problem}")
    if problems:
        raise typer.Exit(1)
    done(text("installation.topology_sound"))


@app.command("plan")
def plan() -> None:
    """Show where the live broker differs; changes nothing."""
    from hub.broker.admin import declare

    _compare(declare.plan)


@app.command("apply")
def apply() -> None:
    """Bring the topology about at the live broker."""
    from hub.broker.admin import declare

    _compare(declare.apply)


@app.command("adopt")
def adopt(reason: Reason, actor: Actor = "") -> None:
    """Take over queues that belong to another store, whose hub has gone for good."""
    from hub.broker.admin import ownership

    url, _ = broker_address(settings())
    act = by(reason, actor)
    with opened() as store:
        own = id_of(store)
        try:
            before = ownership.take_over(url, own)
        except ownership.StillConsumed as error:
            raise not_done(text("installation.still_consumed", queues=error)) from None
        put(owner=own, owner_before=before)
        if before == own:
            done(text("installation.adopted_before", own=own))
            return
        with store.write() as tx:
            audit.record(
                tx,
                act["actor"],
                "broker.adopt",
                object=before or "nobody",
                reason=act["reason"],
                now=act["now"],
            )
    done(text("installation.adopted", before=before or "–", own=own))


@app.command("export")
def export() -> None:
    """Print the topology as RabbitMQ definitions (JSON)."""
    from hub.broker.admin import declare

    definitions = declare.export(TOPOLOGY)
    put(definitions=loads(definitions))
    if not for_programs():
        sys.stdout.write(definitions)


def _compare(work: Work) -> None:
    url, management = broker_address(settings())
    plan = work(TOPOLOGY, url, management)
    put(differences=plan.differences, unchecked=plan.unchecked)
    for difference in plan.differences:
        print_line(f"≠ {difference}", style="yellow")
    for note in plan.unchecked:
        print_line(note, style="dim")
    if plan.differences:
        raise typer.Exit(1)
    done(text("installation.no_difference"))
