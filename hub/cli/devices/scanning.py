"""`hub devices scan`: has a network scanner scan, and puts its pages into the hot folder.

From there they go the way of every stack: cut by their codes, each paper into its dossier.
"""

from functools import partial
from typing import Annotated

import typer

from hub.bootstrap.devices.scanning import CannotScan, scan_into_hot_folder
from hub.cli.context import Actor, by, opened, settings
from hub.cli.output import answer
from hub.cli.output.answer import print_line, put, refuse
from hub.operations.devices.scans import scan_audited
from hub.settings import SettingsError
from hub.texts import text

app = typer.Typer()
ANSWERS = {"scan": ("scanned_file", "pages")}


@app.command("scan")
def scan(
    device: Annotated[str, typer.Argument(help="scanner")],
    glass: Annotated[bool, typer.Option("--glass", help="glass")] = False,
    both_sides: Annotated[bool, typer.Option("--both-sides", help="both_sides")] = False,
    actor: Actor = "",
) -> None:
    """Scan what lies in the feeder, or the sheet on the glass."""
    known, who = settings(), by("", actor)
    scan = partial(
        scan_into_hot_folder, known, device, glass=glass, both_sides=both_sides, now=who["now"]
    )
    try:
        with opened(known) as store:
            done = scan_audited(store, device, scan, by=who)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    except CannotScan as error:
        refuse(str(error.text), cause=error.cause)
        raise typer.Exit(1) from None
    print_line(text("scan_command.done", pages=done.pages, file=done.place.name))
    put(scanned_file=str(done.place), pages=done.pages)
    answer.end(0)
