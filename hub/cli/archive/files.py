"""`hub archive verify` and `restore`: read the archive's files."""

import typer

from hub.cli.archive.opened import Number, open_archive, refused, size
from hub.cli.context import Actor, Reason, by
from hub.cli.output.answer import aside, done, print_line, put, refuse
from hub.operations.archive import restoring
from hub.operations.archive.files import verifying
from hub.texts import text

app = typer.Typer()
ANSWERS = {
    "verify": ("files", "dossiers", "bytes", "last_manifest", "problems"),
    "restore": ("dossier", "changed"),
}


@app.command()
def verify() -> None:
    """Check every archive file against its manifest and the chain of manifests."""
    with open_archive() as (archive, _), aside.status("…") as status:
        found = verifying.verify(archive.store, archive.folder, progress=status.update)
    put(files=found.files, dossiers=found.dossiers, bytes=found.bytes)
    put(last_manifest=found.head or None, problems=found.problems)
    for problem in found.problems:
        refuse(f"✗ {problem}")
    if found.problems:
        refuse(text("archive_commands.put_back"))
        raise typer.Exit(1)
    about = {"files": found.files, "dossiers": found.dossiers, "size": size(found.bytes)}
    done(text("archive_commands.whole", **about))
    print_line(text("archive_commands.last_manifest", manifest=found.head or "–"), style="dim")


@app.command()
def restore(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Bring an archived dossier back into the database; it gets a legal hold until released."""
    with open_archive() as (archive, _), refused():
        changed = restoring.restore(archive, dossier, by(reason, actor))
    put(dossier=dossier, changed=changed)
    if changed:
        done(text("archive_commands.restored", dossier=dossier))
    else:
        print_line(text("archive_commands.restored_before", dossier=dossier))
