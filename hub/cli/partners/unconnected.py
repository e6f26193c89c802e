"""The loud line about a partner without an address, for the commands that show what waits."""

from hub.cli.context import say_both, settings
from hub.operations import unconnected
from hub.store.engine.store import Tx
from hub.texts import both


def warn_of_unconnected(tx: Tx) -> None:
    """Say which partners deliveries wait for although the settings have no address of theirs."""
    for one in unconnected.unconnected(tx, settings()):
        say_both(*both("partners.unconnected", partner=one.partner, why=one.text))
