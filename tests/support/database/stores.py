"""Empty stores in a moment: the migrations run once for a process, each store is a copy."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest

from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate


def empty_store(path: Path) -> Store:
    """Return the SQLite store in a file, which the caller closes; a new one is migrated, empty."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(migrated())
    return Store(f"sqlite:///{path}")


def lay_store(directory: Path) -> None:
    """Put a migrated, empty SQLite store where an installation has its own."""
    empty_store(directory / "hub.db").close()


@contextmanager
def empty_beside(
    request: pytest.FixtureRequest, directory: Path, *, sqlite: bool
) -> Iterator[Store]:
    """Give a migrated, empty store beside the one that a test fills, of the same kind."""
    if sqlite:
        with closing(empty_store(directory / "empty.db")) as made:
            yield made
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_template")
    with closing(Store(server.create_database("empty_beside", template=template))) as made:
        yield made
    server.drop_database("empty_beside")


@cache
def migrated() -> bytes:
    """Return the file of a migrated, empty SQLite store."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "hub.db")
        store = Store(f"sqlite:///{path}")
        migrate(store)
        store.close()
        return path.read_bytes()
