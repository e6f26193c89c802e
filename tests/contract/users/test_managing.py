"""Managing accounts on both databases: whatever is done at once, a manager is left."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from hub.operations.signed_by import SignedBy
from hub.operations.users import accounts as operations
from hub.operations.users.refused import UserNotDone
from hub.rules.users.user import User
from hub.store.engine.store import Store, Tx
from hub.store.users import accounts
from tests.support.users import add_user
from tests.support.works import now


def test_two_that_retire_each_other_leave_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each looks whether the other is there; the second look comes after the first act."""
    for name in ("an", "binh"):
        add_user(store, name, now=now())
    both_looked, look = Barrier(2), operations.require_another_manager

    def look_together(tx: Tx, user: User) -> None:
        look(tx, user)
        with suppress(BrokenBarrierError):
            both_looked.wait(0.5)  # the other one comes only if nothing holds it

    monkeypatch.setattr(operations, "require_another_manager", look_together)

    def retire(own: str, other: str) -> bool:
        by: SignedBy = {"actor": own, "reason": "a test", "now": now()}
        try:
            operations.retire(store, other, own=own, by=by)
        except UserNotDone:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(retire, ("an", "binh"), ("binh", "an")))
    assert sorted(done) == [False, True]
    with store.read() as tx:
        assert accounts.are_there(tx)
