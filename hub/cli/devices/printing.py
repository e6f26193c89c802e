"""`hub print`: a paper of a dossier, at a printer of the counter."""

from typing import Annotated

import typer

from hub.bootstrap.devices.printers import make_printing_parts
from hub.cli.context import Actor, Reason, by, not_done, opened, settings
from hub.cli.output.answer import done, put
from hub.operations.devices.printing import PrintOrder, print_paper
from hub.records.papers.kinds import PaperKind
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.store.engine.store import Store
from hub.store.records import things
from hub.texts import Explained, both

app = typer.Typer()
ANSWERS = {"print": ("message", "dossier", "paper", "printer")}


@app.command("print")
def order(
    paper: Annotated[PaperKind, typer.Argument(help="paper")],
    dossier: Annotated[str, typer.Argument(help="dossier")],
    reason: Reason,
    printer: Annotated[str, typer.Option(help="printer")] = "",
    copies: Annotated[int, typer.Option(min=1, max=20, help="copies")] = 1,
    actor: Actor = "",
) -> None:
    """Print a paper of a dossier at a printer of the counter."""

    def thing(store: Store) -> Thing:
        with store.read() as tx:
            return things.of_number(tx, dossier)

    who = by(reason, actor, thing_of=thing)
    if paper.is_personal:
        by(reason, actor, thing_of=thing, right=Right.UNMASK)
    printing = make_printing_parts(settings())
    printer = printer or next(iter(printing.printers), "")
    wanted = PrintOrder(
        number=dossier, kind=paper, printer=printer, copies=copies, requested_by=who["actor"]
    )
    try:
        with opened() as store:
            message = print_paper(store, printing, wanted, by=who)
    except Explained as error:
        raise not_done(error.text) from None
    put(message=message.id, dossier=dossier, paper=paper.value, printer=printer)
    done(both("papers.sent", title=paper.heading, printer=printer))
