"""Commands that run something: the hub, the pilot, a simulator, a private broker."""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from hub import preflight
from hub.bootstrap.build import build
from hub.bootstrap.installation import id_of, mark_of, open_store
from hub.broker.admin import declare, ownership
from hub.broker.admin.own_vhost import NoOwnVhost
from hub.broker.admin.ownership import OwnedByAnother
from hub.broker.topology import TOPOLOGY
from hub.cli.context import console, one_of, opened, settings
from hub.drill.pilot import run as pilot
from hub.drill.pilot import scenario
from hub.drill.sandbox.kept_ports import ports_of
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.drill.sandbox.supervised import DirectoryInUse, NodeFailed
from hub.gateway.serve import WebRole
from hub.ports import BrokerUnavailable
from hub.runtime import failpoints, telemetry
from hub.settings import Settings, in_url
from hub.store.engine.store import StoreUnavailable, is_away

app = typer.Typer()
NODE_LOOKED_AT = 0.5
"""Seconds between two looks whether a private node still runs."""


@app.command()
def run(
    roles: Annotated[str, typer.Option(help="Only these roles, comma-separated.")] = "",
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
        preflight.show(console, problems)
        raise typer.Exit(1)
    _refuse_an_old_copy(found)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    failpoints.arm(found.failpoints)
    failpoints.heed(found.drill_points)
    hub = build(found)
    hub.start()
    host = escape(in_url(found.http_host))
    at = [f" · http://{host}:{it.port}" for it in hub.roles if isinstance(it, WebRole)]
    console.print(f"[green]✓[/] Sẵn sàng / ready: {found.roles}{''.join(at)}", soft_wrap=True)
    watch = preflight.Watch(
        found, checks, keep=hub.heartbeat.record_preflight if hub.heartbeat else None
    )
    watch.start()
    stop.wait()
    watch.stop()
    hub.stop()


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
    console.print(
        "[red]This database is an older copy: the hub has made calls that it does not know of.[/]\n"
        "Nothing was sent. Run `hub rebuild --restored --reason ...`, then start again."
    )
    raise typer.Exit(1)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have SIGTERM leave the block as an exception does, so that all that it started ends too."""

    def leave(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb that
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@app.command()
def demo(
    faults: Annotated[str, typer.Option(help="on or off")] = "on",
    broker: Annotated[str, typer.Option(help="rabbitmq or memory")] = "rabbitmq",
    province: Annotated[str, typer.Option(help="soap or rest")] = "soap",
    seed: Annotated[int, typer.Option(help="Another seed, another day.")] = 2018,
    dossiers: Annotated[int, typer.Option(min=0, help="Scales the pilot's mix; 0 keeps it.")] = 0,
    directory: Annotated[Path, typer.Option(help="Where everything goes.")] = Path("var/demo"),
) -> None:
    """Replay the pilot of 24/7 to 15/9/2018 through a real hub and count what came of it."""
    one_of("--faults", faults, "on", "off")
    one_of("--broker", broker, "rabbitmq", "memory")
    one_of("--province", province, "soap", "rest")
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
    try:
        with _ended_in_order():
            report = pilot.run(options, console)
    except (pilot.InTheWay, NoOwnVhost) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(2) from None
    raise typer.Exit(1 if report["problems"] else 0)


@app.command("broker")
def private_broker(
    directory: Annotated[Path, typer.Option(help="Where the node keeps its data.")] = Path(
        "var/broker"
    ),
) -> None:
    """Run a private RabbitMQ node (loopback only) until Ctrl-C and print how to use it.

    Started again it has the same data and ports.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    port, management = ports_of(directory.absolute())
    try:
        with PrivateRabbit(directory, port=port, management_port=management) as node:
            sys.stdout.write(
                f"export HUB_BROKER_URL='{node.url}'\n"
                f"export HUB_BROKER_MANAGEMENT_URL='{node.management_url}'\n"
            )
            sys.stdout.flush()
            while not stop.wait(NODE_LOOKED_AT) and node.running:
                pass
            if not stop.is_set():
                raise NodeFailed("its process was ended from outside, or it failed")
    except MissingProgram as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    except (NodeFailed, DirectoryInUse) as error:
        console.print(
            f"[red]Máy chủ RabbitMQ riêng ở {directory} không chạy nữa. Chạy lại hub broker:"
            f" dữ liệu và cổng {port}, {management} giữ nguyên; nhật ký ở {directory}/log"
            f" · The private RabbitMQ in {directory} does not run any more. Start hub broker again:"
            f" same data, same ports {port} and {management}; its log is in {directory}/log[/]",
            soft_wrap=True,
        )
        console.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(3) from None


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="province or town")] = "",
) -> None:
    """Run a partner's simulator in the foreground; `hub simulate province --help` shows how."""
    modules = {
        "province": "adapters.provincial.simulator",
        "town": "adapters.town_center.simulator",
    }
    if partner in ("", "-h", "--help"):
        console.print(
            "hub simulate province|town [OPTIONS]: runs a partner's simulator until Ctrl-C.\n"
            "`hub simulate province --help` and `hub simulate town --help` list the options."
        )
        raise typer.Exit(0 if partner else 2)
    if partner not in modules:
        console.print(f"[red]There is no simulator {partner!r}; there are province and town.[/]")
        raise typer.Exit(2)
    command = [sys.executable, "-m", modules[partner], *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module
