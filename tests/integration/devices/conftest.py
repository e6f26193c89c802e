"""A hub's way in for devices, on an empty store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.copies import REFUSED, TAKEN
from hub.exchange.intake.accept import Intake
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from tests.support.works import now


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """An empty store; how it is kept makes no difference to a device."""
    return sqlite_store


@pytest.fixture
def sink(store: Store, tmp_path: Path) -> Iterator[Intake]:
    """The hub's way in."""
    intake = Intake(store, BlobStore(tmp_path / "files", limit=50_000), clock=now)
    yield intake
    intake.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hot folder, as the source leaves it."""
    place = tmp_path / "scans"
    for name in (CLAIMED, TAKEN, REFUSED):
        (place / name).mkdir(parents=True)
    return place
