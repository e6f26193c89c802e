"""Which store this is, on both databases."""

import re
from datetime import UTC, datetime

from hub.store.engine import identity
from hub.store.engine.store import Store


def test_a_store_keeps_the_first_id_that_it_was_given(store: Store) -> None:
    """Whoever asks second, also in the same moment, gets the id of the first."""
    first = identity.fresh(host="Máy chủ phường.HX", now=datetime(2026, 11, 28, tzinfo=UTC))
    assert re.fullmatch(r"m-y-ch-ph-ng-hx-20261128-[0-9a-f]{8}", first)
    with store.read() as tx:
        assert identity.known(tx) == ""
    with store.write() as tx:
        assert identity.ensure_id(tx, first) == first
    with store.write() as tx:
        assert identity.ensure_id(tx, "another") == first
    with store.read() as tx:
        assert identity.known(tx) == first
