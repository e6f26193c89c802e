"""`hub archive verify` and `restore`: read the archive's files."""

import typer

from hub.cli.archive.opened import Number, open_archive, refused, size
from hub.cli.context import Actor, Reason, by, console
from hub.operations.archive import restoring
from hub.operations.archive.files import verifying

app = typer.Typer()


@app.command()
def verify() -> None:
    """Check every archive file against its manifest and the chain of manifests."""
    with open_archive() as (archive, _), console.status("…") as status:
        found = verifying.verify(archive.store, archive.folder, progress=status.update)
    for problem in found.problems:
        console.print(f"[red]✗[/] {problem}", highlight=False)
    if found.problems:
        console.print("Chép lại tệp từ bản sao lưu / put the file back from a copy of the archive.")
        raise typer.Exit(1)
    console.print(
        f"[green]✓[/] {found.files} files, {found.dossiers} dossiers, {size(found.bytes)}:"
        " the chain is whole."
    )
    console.print(f"  last manifest {found.head or '-'}", style="dim")


@app.command()
def restore(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Bring an archived dossier back into the database; it gets a legal hold until released."""
    with open_archive() as (archive, _), refused():
        done = restoring.restore(archive, dossier, by(reason, actor))
    console.print(
        f"[green]✓[/] {dossier} is back. When it is not needed any more: hub archive release."
        if done
        else f"{dossier} is in the database already."
    )
