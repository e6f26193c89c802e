"""`hub demo`: the pilot of 2018, replayed through a real hub."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.broker.admin.own_vhost import NoOwnVhost
from hub.cli.context import one_of
from hub.cli.output.answer import aside, console, for_programs, put, refuse
from hub.drill.pilot import run as pilot
from hub.drill.pilot import scenario

app = typer.Typer()
ANSWERS = {"demo": ("report",)}


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
    faults: Annotated[str, typer.Option(help="demo_faults")] = "on",
    broker: Annotated[str, typer.Option(help="demo_broker")] = "rabbitmq",
    province: Annotated[str, typer.Option(help="demo_province")] = "soap",
    seed: Annotated[int, typer.Option(help="seed")] = 2018,
    dossiers: Annotated[int, typer.Option(min=0, help="demo_dossiers")] = 0,
    directory: Annotated[Path, typer.Option(help="demo_directory")] = Path("var/demo"),
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
            report = pilot.run(options, aside if for_programs() else console)
    except (pilot.InTheWay, NoOwnVhost) as error:
        refuse(error)
        raise typer.Exit(2) from None
    put(report=report)
    raise typer.Exit(1 if report["problems"] else 0)
