"""`hub devices discover`: proposes tables for the file of devices; writes nothing.

What it prints on standard output is TOML: tables, and comments. What could not be queried is said
beside it, on standard error.
"""

from datetime import timedelta
from typing import Annotated

import typer

from hub.bootstrap.devices.discovering import (
    MOST_ADDRESSES,
    Discovery,
    Network,
    Search,
    discover,
    network_of,
)
from hub.cli.context import settings
from hub.cli.output.answer import aside, for_programs, print_line, refuse, show
from hub.cli.output.listing import listing
from hub.rules.devices.proposals import as_toml
from hub.settings import SettingsError
from hub.texts import text

app = typer.Typer()
FOUND = listing("found_devices", "*device kind *address model place way known")
NOT_QUERIED = listing("not_asked", "*way cause detail")
ANSWERS = {"discover": (FOUND, NOT_QUERIED)}


@app.command("discover")
def discover_devices(
    network: Annotated[str, typer.Option("--network", help="devices_network")] = "",
    community_file: Annotated[str, typer.Option("--community-file", help="devices_community")] = "",
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=60, help="devices_seconds")] = 5,
) -> None:
    """Search the network for devices and propose a table for each; nothing is written."""
    search = Search(
        within=timedelta(seconds=seconds), network=_network(network), community_file=community_file
    )
    try:
        with aside.status(text("discovery.searching", seconds=seconds)):
            found = discover(settings(), search)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    if for_programs():
        _show(found)
        return
    print_line(text("discovery.head" if found.proposals else "discovery.nothing"))
    for it in found.proposals:
        print_line(f"\n{as_toml(it)}".rstrip())
    _print_rest(found)


def _network(written: str) -> Network | None:
    try:
        return network_of(written) if written else None
    except ValueError:
        refuse(text("discovery.wrong_network", most=MOST_ADDRESSES))
        raise typer.Exit(2) from None


def _show(found: Discovery) -> None:
    """Put both lists into the document."""
    rows = [
        (one.name, it.kind, it.address, it.model, it.place, it.how, one.is_known)
        for one in found.proposals
        for it in [one.device]
    ]
    show(FOUND, rows)
    show(NOT_QUERIED, [(way, str(it.why), it.detail) for way, it in found.not_queried.items()])


def _print_rest(found: Discovery) -> None:
    """Say what could not be queried, and which answers are not above."""
    lines = [
        text("discovery.not_asked", way=way, why=it.why) + (f" ({it.detail})" if it.detail else "")
        for way, it in found.not_queried.items()
    ]
    for way, it in found.queried.items():
        if it.unusable:
            lines.append(text("discovery.unusable", way=way, count=it.unusable))
        if it.silent:
            lines.append(text("discovery.silent", way=way, count=it.silent))
    for line in lines:
        aside.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
