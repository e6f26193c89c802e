"""Shows a new secret once: on standard output, or in a new file for its owner only."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import typer

from hub.cli.output.answer import done, for_programs, print_line, put, refuse
from hub.cli.output.listing import shown
from hub.operations.clients.issuing import Issued
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
        refuse(text("clients.file_not_made", file=file, why=error.strerror))
        raise typer.Exit(1) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as place:
        try:
            yield place
        except BaseException:
            file.unlink(missing_ok=True)
            raise


def show_issued(issued: Issued, *, place: TextIO | None) -> None:
    """Print what was issued; the key goes into `place` where there is one.

    Trap: the key is written past the console, which may wrap it.
    """
    kept, key = issued.kept, issued.key.text if issued.key else ""
    if key and place is not None:
        place.write(f"{key}\n")
    secret = key if place is None else ""
    put(client=kept.client, prefix=kept.prefix, kind=kept.kind, expires_at=kept.expires_at)
    put(secret=secret or None)
    until = shown(kept.expires_at)
    done(
        text("clients.issued", client=kept.client, kind=kept.kind, prefix=kept.prefix, until=until)
    )
    if secret and not for_programs():
        sys.stdout.write(f"{secret}\n")
        print_line(text("clients.shown_once"), style="dim")
