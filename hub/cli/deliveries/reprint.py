"""`hub deliveries reprint`: print a paper again that was not found on the tray, marked as such."""

import typer

from hub.bootstrap.devices.printers import make_printing_parts
from hub.cli.context import Actor, Delivery, Reason, by, not_done, of_delivery, opened, settings
from hub.cli.output.answer import done, put
from hub.messages import catalog
from hub.messages.payloads import PaperToPrint
from hub.operations.devices.printing import is_personal, print_again
from hub.rules.users.rights import Right
from hub.store.deliveries.transitions import NoSuchDelivery
from hub.texts import Explained, both

app = typer.Typer()
ANSWERS = {"reprint": ("delivery", "message")}


@app.command()
def reprint(delivery: Delivery, reason: Reason, actor: Actor = "") -> None:
    """Print a paper again that a person did not find on the tray."""
    thing = of_delivery(delivery)
    who = by(reason, actor, thing_of=thing)
    printing = make_printing_parts(settings())
    try:
        with opened() as store:
            if is_personal(store, delivery):
                by(reason, actor, thing_of=thing, right=Right.UNMASK)
            message = print_again(store, printing, delivery, by=who)
    except (Explained, NoSuchDelivery) as error:
        raise not_done(error) from None
    put(delivery=delivery, message=message.id)
    paper = catalog.read(message)
    count = paper.reprint if isinstance(paper, PaperToPrint) else 0
    done(both("papers.sent_again", count=count))
