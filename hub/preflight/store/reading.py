"""Reads the store for a finding; where the database cannot be used, its own line says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.bootstrap.installation import open_store
from hub.settings import Settings
from hub.store.engine.store import StoreUnavailable, Tx
from hub.store.schema.revision import SchemaMismatch


@contextmanager
def reading(settings: Settings) -> Iterator[Tx | None]:
    """Give a transaction that reads, None where the database cannot be used."""
    try:
        store = open_store(settings)
    except (StoreUnavailable, SchemaMismatch):
        yield None
        return
    try:
        with store.read() as tx:
            yield tx
    finally:
        store.close()
