"""`hub edge receive`: take a dossier in with a reserved number while the line is cut."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hub.cli.edge.place import Directory, enrolled, opened_spool, unusable
from hub.cli.edge.reception_form import FormLeft, fill
from hub.cli.output.answer import done, put, refuse
from hub.edge.credential import is_moved
from hub.edge.numbers import NoNumber
from hub.edge.receiving import receive as receive_form
from hub.edge.spool.spool import SpoolFull
from hub.messages.envelope import MAX_BYTES
from hub.messages.invalid import InvalidMessage
from hub.records.rulebook import Rulebook
from hub.texts import text

app = typer.Typer()
ANSWERS = {"receive": ("number",)}


@app.command("receive")
def receive(
    form: Annotated[
        Path | None, typer.Argument(help="edge_form", allow_dash=True, show_default=False)
    ] = None,
    directory: Directory = None,
) -> None:
    """Spool a reception and print its number; without a file its fields are asked for."""
    place, credential = enrolled(directory)
    if is_moved(place, credential):  # the other machine would give the same number
        refuse(text("edge.moved", directory=place))
        raise typer.Exit(1)
    try:
        with opened_spool(place, credential) as spool:
            now = datetime.now(UTC)
            body = _typed(now) if form is None else _body(form)
            number = receive_form(spool, credential.agent, body, now=now)
    except FormLeft:
        refuse(text("reception.left"))
        raise typer.Exit(1) from None
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
    put(number=number)
    done(text("edge.received", number=number))


def _typed(now: datetime) -> bytes:
    """Return what a person types, as JSON. Raises FormLeft."""
    return msgspec.json.encode(fill(Rulebook.load(), now=now))


def _body(form: Path) -> bytes:
    if str(form) == "-":
        return sys.stdin.buffer.read(MAX_BYTES)
    with form.open("rb") as file:
        return file.read(MAX_BYTES)
