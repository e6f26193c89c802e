"""What the tests of acts that need two persons begin with."""

import pytest

from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store
from tests.support.console import dead
from tests.support.users import add_user
from tests.support.works import now, record


@pytest.fixture
def id(store: Store) -> int:
    """A dead delivery, and the accounts of two persons."""
    add_user(store, "binh", now=now())
    add_user(store, "an", role=UserRole.HEAD, now=now())
    with store.write() as tx:
        return dead(tx, record(1, 1))
