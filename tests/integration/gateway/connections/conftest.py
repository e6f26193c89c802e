"""A small server with the gateway's limits on connections, for each test that speaks to one."""

from collections.abc import Iterator

import pytest

from tests.support.network.small_gateway import Served


@pytest.fixture
def served() -> Iterator[Served]:
    """A server with short limits."""
    made = Served()
    yield made
    made.web.stop()
