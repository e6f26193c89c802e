"""The loud line about a partner without an address, for the commands that show what waits."""

from hub.cli.context import settings
from hub.cli.output.answer import print_line, put
from hub.operations import unconnected
from hub.store.engine.store import Tx
from hub.texts import text


def warn_of_unconnected(tx: Tx) -> None:
    """Print which partners deliveries wait for although the settings have no address of theirs."""
    missing = unconnected.unconnected(tx, settings())
    put(unconnected=[it.partner for it in missing])
    for it in missing:
        print_line(text("partners.unconnected", partner=it.partner, why=it.text), style="red")
