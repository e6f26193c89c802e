"""`hub dossier trail`: the control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ).

Each hand-over is a row, and the due date the last one.
"""

from typing import Annotated

import typer

from hub.cli.context import opened
from hub.cli.output.answer import print_line, put, refuse, show
from hub.cli.output.listing import listing, shown
from hub.records.dossiers import control_slip
from hub.records.dossiers.control_slip import SlipRow
from hub.texts import text

app = typer.Typer()
HANDOVERS = listing(
    "handovers",
    "row from to *sent_at *confirmed_at *receipt *recorded_at result *operation *code note",
)
ANSWERS = {
    "trail": ("dossier", "due_at", "finished_at", "timeliness", "archived_at", "file", HANDOVERS)
}


@app.command()
def trail(dossier: Annotated[str, typer.Argument(help="dossier")]) -> None:
    """Print the control slip of a dossier."""
    with opened() as store, store.read() as tx:
        found = control_slip.of_dossier(tx, dossier)
    ending = found.ending
    if ending is None and not found.rows:
        refuse(text("trail.no_dossier", dossier=dossier))
        raise typer.Exit(1)
    put(dossier=dossier, due_at=None, finished_at=None, timeliness=None)
    put(archived_at=None, file=found.file or None)
    show(HANDOVERS, map(_row, found.rows), title=text("trail.title", dossier=dossier))
    if ending is not None:
        result = found.timeliness
        put(due_at=ending.due_at, finished_at=ending.finished_at, timeliness=result)
        print_line(text("trail.due", at=shown(ending.due_at), result=text(f"trail.due_{result}")))
    if found.archived is not None:
        at = found.archived.archived_at
        put(archived_at=at)
        erased = found.archived.erased_at is not None
        about = {"at": shown(at), "file": found.file}
        print_line(text("trail.archived_and_erased" if erased else "trail.archived", **about))


def _row(it: SlipRow) -> tuple[object, ...]:
    return (
        *(it.place, str(it.giver), str(it.taker), it.sent_at, it.confirmed_at, it.receipt),
        *(it.recorded_at, str(it.result), it.operation, it.code, str(it.note)),
    )
