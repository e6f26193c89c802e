"""Where a workstation's agent keeps its things, and how its commands end without them."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.edge import open_spool
from hub.cli.output.answer import refuse
from hub.edge.credential import Credential, NotEnrolled, load
from hub.edge.spool.database import SpoolUnusable
from hub.edge.spool.spool import Spool
from hub.texts import text


def default_directory() -> Path:
    """Return the directory of this system."""
    if os.name == "nt":
        return Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "one-stop-hub-edge"
    return Path("/var/lib/one-stop-hub-edge")


Directory = Annotated[
    Path | None, typer.Option("--directory", help="edge_directory", show_default=False)
]


def enrolled(directory: Path | None) -> tuple[Path, Credential]:
    """Return the directory and its credential; without one the command ends with code 2."""
    place = directory or default_directory()
    try:
        return place, load(place)
    except NotEnrolled as error:
        refuse(text("edge.not_enrolled", directory=place), cause=str(error))
        raise typer.Exit(2) from None


def unusable(error: Exception) -> typer.Exit:
    """Print what of this workstation cannot be used; return how the command ends."""
    refuse(text("edge.unusable"), cause=str(error))
    return typer.Exit(2)


@contextmanager
def opened_spool(place: Path, credential: Credential) -> Iterator[Spool]:
    """Open the spool of a workstation for a block; without a usable one the command ends."""
    try:
        spool = open_spool(place, credential)
    except (SpoolUnusable, sqlite3.Error, OSError) as error:
        raise unusable(error) from None
    try:
        yield spool
    finally:
        spool.close()
