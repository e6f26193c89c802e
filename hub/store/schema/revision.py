"""Whether a database has the schema of this program; reads only, and needs no migration tool.

A command that only reads must not migrate the database of a hub that runs: an older version may be
at work on it. So such a command compares, and refuses with `SchemaMismatch`.
"""

from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from hub.store.engine.store import Store
from hub.texts import Explained, both

_STEPS = Path(__file__).parent / "migrations" / "versions"
_REVISION = sa.text("SELECT version_num FROM alembic_version")


class SchemaAge(StrEnum):
    """How the schema of a database stands to that of this program."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    NOT_MADE = "not_made"


class SchemaMismatch(Explained):
    """The database has not the schema of this program; `text` says what to do."""

    def __init__(self, age: SchemaAge, url: str, found: str = "") -> None:
        self.age = age
        text = both(f"schema.{age}", place=place_of(url), found=found, newest=newest())
        super().__init__(text)


def newest() -> str:
    """Return the number of the newest step of this program."""
    return max(path.name.split("_")[0] for path in _STEPS.glob("[0-9]*.py"))


def of_database(store: Store) -> str:
    """Return the number of the newest step that a database has, "" where it has none."""
    with store.read() as tx:
        if not sa.inspect(tx).has_table("alembic_version"):
            return ""
        found = tx.execute(_REVISION).scalar_one_or_none()
    return str(found or "")


def age_of(revision: str) -> SchemaAge:
    """Return how the schema with this newest step stands to that of this program."""
    if not revision:
        return SchemaAge.NOT_MADE
    if revision == newest():
        return SchemaAge.CURRENT
    return SchemaAge.OLDER if revision < newest() else SchemaAge.NEWER


def is_current(store: Store) -> bool:
    """Tell whether a database has the schema of this program."""
    return age_of(of_database(store)) is SchemaAge.CURRENT


def require_current(store: Store) -> None:
    """Raise SchemaMismatch unless the database has the schema of this program."""
    found = of_database(store)
    if (age := age_of(found)) is not SchemaAge.CURRENT:
        raise SchemaMismatch(age, store.url, found)


def require_file(url: str) -> None:
    """Raise SchemaMismatch where a SQLite database has no file: connecting would make one."""
    file = sqlite_file(url)
    if file is None:
        return
    try:
        file.stat()
    except FileNotFoundError:
        raise SchemaMismatch(SchemaAge.NOT_MADE, url) from None


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, None for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def place_of(url: str) -> str:
    """Return where a database is, without its password."""
    file = sqlite_file(url)
    return str(file) if file else make_url(url).render_as_string(hide_password=True)
