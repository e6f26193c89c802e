"""`hub archive erase`: the personal data of one dossier."""

from contextlib import suppress
from typing import Annotated

import typer

from hub.bootstrap.retention import forget_scans
from hub.cli.archive.opened import Number, open_archive, refused
from hub.cli.context import Actor, Reason, by, confirmed, settings
from hub.cli.output.answer import done, print_line, put, refuse
from hub.operations.archive import erasing, leading
from hub.settings import SettingsError
from hub.texts import text

app = typer.Typer()
ANSWERS = {"erase": ("dossier", "changed", "removed")}


@app.command()
def erase(
    dossier: Number,
    reason: Reason,
    actor: Actor = "",
    yes: Annotated[bool, typer.Option("--yes", help="yes")] = False,
) -> None:
    """Erase the personal data of a dossier that has ended, everywhere; its evidence stays."""
    if not yes:
        confirmed(text("archive_commands.erase", dossier=dossier))
    with open_archive() as (archive, _), refused():
        changed = erasing.erase_one(archive.store, dossier, by(reason, actor))
        removed = 0
        # Else the next run removes them.
        with suppress(leading.NotLeading), leading.leading(archive.store, archive.folder):
            removed = erasing.remove_files(
                archive.store, archive.files, untouched=archive.untouched, give_way=lambda: None
            )
    try:
        removed += forget_scans(settings(), dossier)
    except SettingsError as error:
        refuse(text("archive_commands.scans_stay"), cause=str(error))
        raise typer.Exit(1) from None
    put(dossier=dossier, changed=changed, removed=removed)
    if changed:
        done(text("archive_commands.erased", dossier=dossier, removed=removed))
    else:
        print_line(text("archive_commands.erased_before", dossier=dossier))
