"""The command `hub`: run it, look at it, repair it, drill with it.

Exit codes: 0 done, 1 something does not agree or failed, 2 the command or the settings are wrong.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub import __version__, operations, preflight, telemetry
from hub.bootstrap import build, open_store, utc_now
from hub.broker import declare
from hub.broker.topology import TOPOLOGY, validate
from hub.flow.rebuild import rebuild
from hub.messages import catalog
from hub.pilot import run as pilot
from hub.pilot import scenario
from hub.ports import BrokerUnavailable
from hub.sandbox.programs import MissingProgram
from hub.sandbox.rabbit_node import PrivateRabbit
from hub.settings import Settings, SettingsError, load
from hub.store import audit, queries
from hub.store.deliveries import NoSuchDelivery, StateConflict
from hub.store.engine import Store

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
topology = typer.Typer(no_args_is_help=True, help="Exchanges, queues and policies at the broker.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(topology, name="topology")
app.add_typer(audit_app, name="audit")
console = Console()
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the audit.")]
Delivery = Annotated[int, typer.Argument(help="Number of the delivery.")]
READERS = {entry.name: entry.reader for entry in catalog.CATALOG if entry.reader != "records"}


def settings() -> Settings:
    """Read the settings; a wrong one ends the command with code 2 and every problem."""
    try:
        return load(os.environ)
    except SettingsError as error:
        console.print(f"[red]Settings cannot be used:[/]\n{error}")
        raise typer.Exit(2) from None


def broker_address(found: Settings) -> tuple[str, str]:
    """Return AMQP and management address; without a broker ends the command with code 2."""
    if not found.broker_url:
        console.print("[red]HUB_BROKER_URL is not set: there is no broker to look at.[/]")
        raise typer.Exit(2)
    return found.broker_url, found.broker_management_url


@app.command()
def run(
    roles: Annotated[str, typer.Option(help="Only these roles, comma-separated.")] = "",
) -> None:
    """Run the hub until SIGTERM or Ctrl-C."""
    if roles:
        os.environ["HUB_ROLES"] = roles
    found = settings()
    telemetry.setup(level=found.log_level, readable=sys.stderr.isatty())
    problems = [check for check in preflight.examine(found) if check.refuses]
    if problems:
        preflight.show(console, problems)
        raise typer.Exit(1)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    hub = build(found)
    hub.start()
    stop.wait()
    hub.stop()


@app.command()
def demo(
    faults: Annotated[str, typer.Option(help="on or off")] = "on",
    broker: Annotated[str, typer.Option(help="rabbitmq or memory")] = "rabbitmq",
    province: Annotated[str, typer.Option(help="soap or rest")] = "soap",
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 2018,
    dossiers: Annotated[int, typer.Option(help="Scales the pilot's mix; 0 keeps it.")] = 0,
    directory: Annotated[Path, typer.Option(help="Where everything goes.")] = Path("var/demo"),
) -> None:
    """Replay the pilot of 24/7 to 15/9/2018 through a real hub and count what came of it."""
    _one_of("--faults", faults, "on", "off")
    _one_of("--broker", broker, "rabbitmq", "memory")
    _one_of("--province", province, "soap", "rest")
    options = pilot.Options(
        directory=directory.absolute(),
        dossiers=dossiers or scenario.load_mix().total,
        seed=seed,
        faults=faults == "on",
        broker=broker,
        province_mode="rest" if province == "rest" else "soap",
        broker_url=os.environ.get("HUB_BROKER_URL", ""),
        broker_management_url=os.environ.get("HUB_BROKER_MANAGEMENT_URL", ""),
    )
    report = pilot.run(options, console)
    raise typer.Exit(1 if report["problems"] else 0)


def _one_of(option: str, value: str, *allowed: str) -> None:
    if value not in allowed:
        console.print(f"[red]{option} is {' or '.join(allowed)}, not {value!r}[/]")
        raise typer.Exit(2)


@app.command("broker")
def private_broker(
    directory: Annotated[Path, typer.Option(help="Where the node keeps its data.")] = Path(
        "var/broker"
    ),
) -> None:
    """Run a private RabbitMQ node (loopback only) until Ctrl-C and print how to use it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with PrivateRabbit(directory) as node:
            sys.stdout.write(
                f"export HUB_BROKER_URL='{node.url}'\n"
                f"export HUB_BROKER_MANAGEMENT_URL='{node.management_url}'\n"
            )
            sys.stdout.flush()
            stop.wait()
    except MissingProgram as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="province or town")],
) -> None:
    """Run a partner's simulator in the foreground; `--help` shows its options."""
    modules = {
        "province": "adapters.provincial.simulator",
        "town": "adapters.town_center.simulator",
    }
    if partner not in modules:
        console.print(f"[red]There is no simulator {partner!r}; there are province and town.[/]")
        raise typer.Exit(2)
    command = [sys.executable, "-m", modules[partner], *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module


@topology.command("validate")
def topology_validate() -> None:
    """Check the topology's own sense."""
    problems = validate(TOPOLOGY)
    for problem in problems:
        console.print(f"[red]✗[/] {problem}")
    if problems:
        raise typer.Exit(1)
    console.print("[green]✓[/] The topology is sound.")


@topology.command("plan")
def topology_plan() -> None:
    """Show where the live broker differs; changes nothing."""
    _topology(declare.plan)


@topology.command("apply")
def topology_apply() -> None:
    """Bring the topology about at the live broker."""
    _topology(declare.apply)


@topology.command("export")
def topology_export() -> None:
    """Print the topology as RabbitMQ definitions (JSON)."""
    sys.stdout.write(declare.export(TOPOLOGY))


def _topology(work: "preflight.TopologyWork") -> None:
    url, management = broker_address(settings())
    try:
        plan = work(TOPOLOGY, url, management)
    except BrokerUnavailable as error:
        console.print(f"[red]The broker cannot be reached:[/] {error}")
        raise typer.Exit(1) from None
    for difference in plan.differences:
        console.print(f"[yellow]≠[/] {difference}")
    for note in plan.unchecked:
        console.print(f"[dim]{note}[/]")
    if plan.differences:
        raise typer.Exit(1)
    console.print("[green]✓[/] No difference.")


@app.command()
def doctor() -> None:
    """Check everything that the hub stands on, and name the fix of what is wrong."""
    checks = preflight.examine(settings())
    preflight.show(console, checks)
    raise typer.Exit(1 if any(check.refuses for check in checks) else 0)


@app.command("rebuild")
def rebuild_command() -> None:
    """The broker was emptied or replaced: ask again for everything unsettled; nothing twice."""
    store = open_store(settings())
    with console.status("…") as status:
        asked = 0

        def more(count: int) -> None:
            nonlocal asked
            asked += count
            status.update(f"{asked} asked for")

        counts = rebuild(store, clock=utc_now, progress=more)
    console.print(
        f"Asked again for {counts['messages']} messages and {counts['deliveries']} deliveries."
    )
    store.close()


@app.command()
def balance() -> None:
    """Show the conservation of deliveries, per destination and state."""
    store = open_store(settings())
    with store.read() as tx:
        balances = queries.balance(tx, READERS)
    table = Table()
    table.add_column("")
    for found in balances:
        table.add_column(found.destination, justify="right")
    table.add_row("accepted", *(str(found.accepted) for found in balances), style="bold")
    for state in balances[0].states:
        table.add_row(state, *(str(found.states[state]) for found in balances))
    table.add_row("holds", *("[green]✓[/]" if found.holds else "[red]✗[/]" for found in balances))
    console.print(table)
    store.close()
    raise typer.Exit(0 if all(found.holds for found in balances) else 1)


@app.command()
def stuck() -> None:
    """List what waits for a person: dead and undecidable deliveries, parked messages."""
    store = open_store(settings())
    with store.read() as tx:
        table = Table("no.", "destination", "dossier", "state", "code", "cause")
        for row in queries.stuck(tx):
            table.add_row(*map(str, row))
        console.print(table)
        table = Table("parked message", "type", "dossier", "code", "reason")
        for parked in queries.parked(tx):
            table.add_row(*parked)
        console.print(table)
    store.close()


@app.command()
def replay(delivery: Delivery, reason: Reason) -> None:
    """Send a dead delivery again, with the same message id."""
    _operate(lambda store: operations.replay(store, delivery, **_by(reason)))


@app.command()
def cancel(delivery: Delivery, reason: Reason) -> None:
    """Take a delivery out; what waits behind it goes on."""
    _operate(lambda store: operations.cancel(store, delivery, **_by(reason)))


@app.command()
def resolve(delivery: Delivery, found: operations.Resolution, reason: Reason) -> None:
    """Settle an ambiguous delivery by what you found at the partner: delivered or absent."""
    _operate(lambda store: operations.resolve(store, delivery, found, **_by(reason)))


def _by(reason: str) -> "operations.By":
    return {"actor": os.environ.get("USER", "cli"), "reason": reason, "now": utc_now()}


def _operate(work: "preflight.StoreWork") -> None:
    store: Store = open_store(settings())
    try:
        work(store)
    except (StateConflict, NoSuchDelivery) as error:
        console.print(f"[red]Not done:[/] {error}")
        raise typer.Exit(1) from None
    finally:
        store.close()
    console.print("[green]✓[/] Done.")


@audit_app.command("verify")
def audit_verify() -> None:
    """Check that no row of the audit was changed or removed."""
    store = open_store(settings())
    with store.read() as tx:
        count, problems = audit.verify(tx)
    store.close()
    for problem in problems:
        console.print(f"[red]✗[/] {problem}")
    if problems:
        raise typer.Exit(1)
    console.print(f"[green]✓[/] {count} rows, the chain is whole.")


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


def main() -> None:
    """Run the command line."""
    app()
