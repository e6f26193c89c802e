"""A hub with a partner, and an operator beside it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from hub.broker.memory import MemoryBroker
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from tests.integration.repair.replay.desk import Desk
from tests.support.partners.partner import Partner
from tests.support.works import working


@pytest.fixture
def open_desk(store: Store, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Start a hub with a partner and put an operator beside it."""
    with closing(MemoryBroker()) as broker, ExitStack() as begun:

        def start(partner: Partner | None = None) -> Desk:
            works = begun.enter_context(working(store, broker, partner or Partner()))
            return Desk(works, BlobStore(tmp_path / "files"))

        yield start
