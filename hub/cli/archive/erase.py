"""`hub archive erase`: the personal data of one dossier."""

from contextlib import suppress
from typing import Annotated

import typer

from hub.bootstrap.retention import forget_scans
from hub.cli.archive.opened import Number, open_archive, refused
from hub.cli.context import Actor, Reason, by, console, settings
from hub.operations.archive import erasing, leading

app = typer.Typer()


@app.command()
def erase(
    dossier: Number,
    reason: Reason,
    actor: Actor = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
) -> None:
    """Erase the personal data of a dossier that has ended, everywhere; its evidence stays."""
    if not yes:
        question = f"{dossier}: xóa hẳn dữ liệu cá nhân, không lấy lại được / erase for good?"
        typer.confirm(question, abort=True)
    with open_archive() as (archive, _), refused():
        done = erasing.erase_one(archive.store, dossier, by(reason, actor))
        removed = 0
        # Else the next run removes them.
        with suppress(leading.NotLeading), leading.leading(archive.store, archive.folder):
            removed = erasing.remove_files(
                archive.store, archive.files, untouched=archive.untouched, give_way=lambda: None
            )
    removed += forget_scans(settings(), dossier)
    console.print(
        f"[green]✓[/] {dossier}: erased, {removed} files removed."
        if done
        else f"{dossier} was erased before."
    )
