"""`hub broker node`: a private RabbitMQ to try the hub with."""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.context import console
from hub.drill.sandbox.kept_ports import ports_of
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.drill.sandbox.supervised import DirectoryInUse, NodeFailed

app = typer.Typer()
POLL_INTERVAL = 0.5
"""Seconds between two checks whether the node still runs."""


@app.command("node")
def private_node(
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
            while not stop.wait(POLL_INTERVAL) and node.running:
                pass
            if not stop.is_set():
                raise NodeFailed("its process was ended from outside, or it failed")
    except MissingProgram as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    except (NodeFailed, DirectoryInUse) as error:
        console.print(
            f"[red]Máy chủ RabbitMQ riêng ở {directory} không chạy nữa. Chạy lại hub broker node:"
            f" dữ liệu và cổng {port}, {management} giữ nguyên; nhật ký ở {directory}/log"
            f" · The private RabbitMQ in {directory} does not run any more. Start hub broker"
            f" node again: same data, same ports {port} and {management}; its log is in"
            f" {directory}/log[/]",
            soft_wrap=True,
        )
        console.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(3) from None
