"""The loud line about a partner without an address, for the commands that show what waits."""

from hub.cli.context import say_both, settings
from hub.operations import unconnected
from hub.store.engine.store import Tx


def warn_of_unconnected(tx: Tx) -> None:
    """Say which partners deliveries wait for although the settings have no address of theirs."""
    for one in unconnected.unconnected(tx, settings()):
        say_both(
            f"✗ {one.vi}", f"✗ {one.en}: set it for the hub, and in this shell, see hub doctor"
        )
