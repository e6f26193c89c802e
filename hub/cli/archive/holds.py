"""`hub archive hold`, `release` and `holds`: dossiers that must stay."""

import typer

from hub.cli.archive.opened import Number, refused
from hub.cli.context import Actor, Reason, by, opened
from hub.cli.output.answer import done, print_line, put, refuse, show
from hub.cli.output.listing import listing
from hub.operations.archive import holding
from hub.store.archive import holds
from hub.texts import text

app = typer.Typer()
HOLDS = listing("holds", "*dossier *since by reason")
ANSWERS = {
    "hold": ("dossier", "changed"),
    "release": ("dossier", "changed"),
    "holds": (HOLDS,),
}


@app.command()
def hold(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Keep a dossier from being archived or erased (legal hold)."""
    with opened() as store, refused():
        changed = holding.hold(store, dossier, by(reason, actor))
    put(dossier=dossier, changed=changed)
    if changed:
        done(text("archive_commands.held", dossier=dossier))
    else:
        print_line(text("archive_commands.held_before", dossier=dossier))


@app.command()
def release(dossier: Number, reason: Reason, actor: Actor = "") -> None:
    """Release a dossier that was held or restored."""
    with opened() as store:
        changed = holding.release(store, dossier, by(reason, actor))
    put(dossier=dossier, changed=changed)
    if not changed:
        refuse(text("archive_commands.no_hold", dossier=dossier))
        raise typer.Exit(1)
    done(text("archive_commands.released", dossier=dossier))


@app.command("holds")
def holds_command() -> None:
    """List the dossiers that are held."""
    with opened() as store, store.read() as tx:
        rows = [(it.number, it.placed_at, it.placed_by, it.reason) for it in holds.all_of(tx)]
    show(HOLDS, rows, empty=text("archive_commands.nothing_held"))
