"""`hub topology`: exchanges, queues and policies, as data and at the live broker."""

import sys
from typing import TYPE_CHECKING, Protocol

import typer

from hub.bootstrap.installation import id_of
from hub.broker.topology import TOPOLOGY, Topology, validate
from hub.cli.context import Actor, Reason, broker_address, by, console, opened, settings
from hub.store.evidence import audit

if TYPE_CHECKING:
    from hub.broker.admin.declare import TopologyPlan

app = typer.Typer()


class Work(Protocol):
    """`plan` or `apply`."""

    def __call__(
        self, topology: Topology, broker_url: str, management_url: str = ""
    ) -> "TopologyPlan": ...


@app.command("validate")
def check() -> None:
    """Check the topology's own sense."""
    problems = validate(TOPOLOGY)
    for problem in problems:
        console.print(f"[red]✗[/] {problem}")
    if problems:
        raise typer.Exit(1)
    console.print("[green]✓[/] The topology is sound.")


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
            console.print(
                f"[red]Chưa làm / Not done:[/] {error}: một trung tâm khác đang lấy thông điệp."
                "\nAnother hub still takes messages there: stop it first."
            )
            raise typer.Exit(1) from None
        if before == own:
            console.print(f"[green]✓[/] The queues are those of this hub's store already: {own}.")
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
    console.print(
        f"[green]✓[/] The queues of {before or 'nobody'} are now those of {own}."
        " Start the hub, then run `hub broker requeue`: it asks again for everything unsettled."
    )


@app.command("export")
def export() -> None:
    """Print the topology as RabbitMQ definitions (JSON)."""
    from hub.broker.admin import declare

    sys.stdout.write(declare.export(TOPOLOGY))


def _compare(work: Work) -> None:
    url, management = broker_address(settings())
    plan = work(TOPOLOGY, url, management)
    for difference in plan.differences:
        console.print(f"[yellow]≠[/] {difference}")
    for note in plan.unchecked:
        console.print(f"[dim]{note}[/]")
    if plan.differences:
        raise typer.Exit(1)
    console.print("[green]✓[/] No difference.")
