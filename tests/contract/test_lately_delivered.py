"""The newest message that a partner has: what the doctor looks up there."""

from hub.store.engine import Store
from hub.store.lately_delivered import lately_delivered


def test_nothing_is_looked_up_where_nothing_was_delivered(store: Store) -> None:
    """A new installation."""
    with store.read() as tx:
        assert lately_delivered(tx, "provincial", types=["province.dossier"]) is None
