"""Shows a new secret once: on standard output, or in a new file for its owner only."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer

from hub.cli.context import console
from hub.operations.clients.issuing import Issued
from hub.records.deadlines.calendar import local
from hub.texts import text


@contextmanager
def place_for(file: Path | None) -> Iterator[TextIO | None]:
    """Open the new file of a secret before the secret is made; a failed act leaves no file.

    Ends the command with code 1 where the file is there already or cannot be made.
    """
    if file is None:
        yield None
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        refused = text("clients.file_not_made", file=file, why=error.strerror)
        console.print(refused, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as place:
        try:
            yield place
        except BaseException:
            file.unlink(missing_ok=True)
            raise


def show_issued(issued: Issued, *, place: TextIO | None, json: bool) -> None:
    """Print what was issued; the key goes into `place` where there is one.

    Trap: the key is written past the console, which may wrap it.
    """
    kept, key = issued.kept, issued.key.text if issued.key else ""
    if key and place is not None:
        place.write(f"{key}\n")
    shown = key if place is None else ""
    if json:
        data = {
            "client": kept.client,
            "prefix": kept.prefix,
            "kind": kept.kind,
            "expiresAt": kept.expires_at.isoformat(),
        }
        console.print_json(data=data | ({"secret": shown} if shown else {}))
        return
    until = f"{local(kept.expires_at):%d/%m/%Y %H:%M}"
    line = text(
        "clients.issued", client=kept.client, kind=kept.kind, prefix=kept.prefix, until=until
    )
    console.print(f"[green]✓[/] {line}", highlight=False, soft_wrap=True)
    if shown:
        sys.stdout.write(f"{shown}\n")
        console.print(text("clients.shown_once"), style="dim", soft_wrap=True)
