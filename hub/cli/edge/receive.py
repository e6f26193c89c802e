"""`hub edge receive`: take a dossier in with a reserved number while the line is cut."""

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.edge import open_spool
from hub.cli.edge.place import Directory, enrolled, unusable
from hub.cli.output.answer import done, put, refuse
from hub.edge.numbers import NoNumber
from hub.edge.receiving import receive as receive_form
from hub.edge.spool.database import SpoolUnusable
from hub.edge.spool.spool import SpoolFull
from hub.messages.envelope import MAX_BYTES
from hub.messages.invalid import InvalidMessage
from hub.texts import text

app = typer.Typer()
ANSWERS = {"receive": ("number",)}


@app.command("receive")
def receive(
    form: Annotated[Path, typer.Argument(help="edge_form", allow_dash=True)],
    directory: Directory = None,
) -> None:
    """Spool a reception and print its number."""
    place, credential = enrolled(directory)
    try:
        spool = open_spool(place, credential)
    except (SpoolUnusable, sqlite3.Error, OSError) as error:
        raise unusable(error) from None
    try:
        body = _body(form)
        number = receive_form(spool, credential.agent, body, now=datetime.now(UTC))
    except NoNumber:
        refuse(text("edge.no_number"))
        raise typer.Exit(1) from None
    except InvalidMessage as error:
        refuse(text("edge.form_refused"), cause=f"{error.code} {error.where}: {error.why}")
        raise typer.Exit(2) from None
    except SpoolFull as error:
        refuse(text("edge.spool_full"), cause=str(error))
        raise typer.Exit(1) from None
    except OSError as error:
        raise unusable(error) from None
    finally:
        spool.close()
    put(number=number)
    done(text("edge.received", number=number))


def _body(form: Path) -> bytes:
    if str(form) == "-":
        return sys.stdin.buffer.read(MAX_BYTES)
    with form.open("rb") as file:
        return file.read(MAX_BYTES)
