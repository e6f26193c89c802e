"""`hub devices snapshot`: one picture of a camera, with a reason."""

from typing import Annotated

import typer

from hub.bootstrap.devices.cameras import make_snapshots
from hub.cli.context import Actor, Reason, by, opened, settings
from hub.cli.output.answer import done, put, refuse
from hub.operations.devices import snapshots
from hub.ports.devices import NoPicture
from hub.rules.users.rights import Right
from hub.settings import SettingsError
from hub.texts import text

app = typer.Typer()
ANSWERS = {"snapshot": ("device", "picture")}


@app.command()
def snapshot(
    device: Annotated[str, typer.Argument(help="camera")], reason: Reason, actor: Actor = ""
) -> None:
    """Take one picture of a camera; the audit keeps who and why, the timer erases it."""
    known = settings()
    try:
        cameras = make_snapshots(known)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    take = cameras.camera(device)
    if take is None:
        refuse(text("snapshots.no_such_camera", name=device))
        raise typer.Exit(1)
    who = by(reason, actor)
    by(reason, actor, right=Right.UNMASK)  # it shows persons
    with opened(known) as store:
        try:
            file = snapshots.keep_picture(store, cameras.folder, device, take, who)
        except NoPicture as error:
            found = error.finding
            refuse(f"{found.text}: {found.to_do}", cause=found.evidence)
            raise typer.Exit(1) from None
    put(device=device, picture=str(file))
    done(text("snapshots.snapshot_kept", file=file, days=cameras.days))
