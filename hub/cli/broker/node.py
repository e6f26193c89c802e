"""`hub broker node`: a private RabbitMQ to try the hub with."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.output import answer
from hub.cli.output.answer import print_line, put, refuse
from hub.drill.sandbox.kept_ports import ports_of
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.drill.sandbox.supervised import DirectoryInUse, NodeFailed
from hub.runtime.process.stop_signals import StopSignals
from hub.texts import text

app = typer.Typer()
ANSWERS = {"node": ("broker_url", "broker_management_url")}
POLL_INTERVAL = 0.5
"""Seconds between two checks whether the node still runs."""


@app.command("node")
def private_node(
    directory: Annotated[Path, typer.Option(help="node_directory")] = Path("var/broker"),
) -> None:
    """Run a private RabbitMQ node (loopback only) until Ctrl-C; its address is printed first."""
    stop = StopSignals()
    port, management = ports_of(directory.absolute())
    try:
        with PrivateRabbit(directory, port=port, management_port=management) as node:
            put(broker_url=node.url, broker_management_url=node.management_url)
            print_line(f"export HUB_BROKER_URL='{node.url}'")
            print_line(f"export HUB_BROKER_MANAGEMENT_URL='{node.management_url}'")
            answer.end(0)
            while not stop.wait(POLL_INTERVAL) and node.running:
                pass
            if not stop.wait(0):
                raise NodeFailed("its process was ended from outside, or it failed")
    except MissingProgram as error:
        refuse(error)
        raise typer.Exit(1) from None
    except (NodeFailed, DirectoryInUse) as error:
        about = {"directory": directory, "port": port, "management": management}
        refuse(text("installation.node_ended", **about), cause=str(error))
        raise typer.Exit(3) from None
