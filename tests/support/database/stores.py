"""Empty stores in a moment: the migrations run once for a process, each store is a copy."""

import tempfile
from functools import cache
from pathlib import Path

from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate


def empty_store(path: Path) -> Store:
    """Return the SQLite store in a file, which the caller closes; a new one is migrated, empty."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_migrated())
    return Store(f"sqlite:///{path}")


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "hub.db")
        store = Store(f"sqlite:///{path}")
        migrate(store)
        store.close()
        return path.read_bytes()
