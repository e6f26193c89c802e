"""A database of another version is named; only `hub migrate`, `hub run` and an option migrate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.store.engine.store import Store
from hub.store.schema import revision
from hub.store.schema.migrate import migrate
from hub.store.schema.revision import SchemaAge, SchemaMismatch


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Address of a database without any table, which the commands look at."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "300")
    if request.param == "postgresql":
        monkeypatch.setenv("HUB_DATABASE_URL", request.getfixturevalue("postgres_url"))
        yield request.getfixturevalue("postgres_url")
    else:
        yield f"sqlite:///{tmp_path}/hub.db"


def hub(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(words))


def stamp(url: str, number: str) -> None:
    """Let a migrated database say that its newest step is another one."""
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :n"), {"n": number})
    store.close()


def tables(url: str) -> list[str]:
    """Return the names of the tables that are there."""
    store = Store(url)
    try:
        return sa.inspect(store.engine).get_table_names()
    finally:
        store.close()


def test_the_newest_step_is_known_without_the_migration_tool() -> None:
    """By the names of the files; the tool says the same."""
    config = Config()
    config.set_main_option("script_location", str(Path(revision.__file__).parent / "migrations"))
    assert revision.newest() == ScriptDirectory.from_config(config).get_current_head()


@pytest.mark.parametrize(
    "words",
    [
        (
            "deliveries",
            "attention",
        ),
        ("verify",),
        ("audit", "verify"),
        ("dossier", "trail", "X"),
    ],
)
def test_a_database_that_is_not_made_is_not_made_by_a_reading_command(
    url: str, words: tuple[str, ...]
) -> None:
    """One sentence in each language, exit code 2, and still no table."""
    told = hub(*words)
    assert told.exit_code == 2, told.output
    assert "There is no database yet" in told.output
    assert "hub migrate" in told.output
    file = revision.sqlite_file(url)
    assert (file is not None and not file.exists()) or tables(url) == []


def test_migrate_makes_it_and_a_second_time_changes_nothing(url: str) -> None:
    """Afterwards the commands work."""
    assert hub("migrate").exit_code == 0
    assert hub("deliveries", "attention").exit_code == 0
    again = hub("migrate")
    assert (again.exit_code, revision.newest() in again.output) == (0, True)


def test_an_older_database_is_left_as_it_is_until_somebody_says_so(url: str) -> None:
    """A running hub of the older version is not migrated under its feet; doctor --migrate is."""
    migrate(store := Store(url))
    newest = revision.of_database(store)
    with store.engine.begin() as connection:
        # The last steps undone by hand would be long: an older number is all that is compared.
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    told = hub("deliveries", "attention")
    assert (told.exit_code, "older than this program" in told.output) == (2, True)
    assert revision.of_database(store) == "0000"
    assert "older than this program" in hub("doctor", "--json").stdout
    assert revision.of_database(store) == "0000"
    stamp(url, newest)
    assert hub("doctor", "--migrate").exit_code == 0
    store.close()


@pytest.mark.parametrize(
    "words",
    [
        (
            "deliveries",
            "attention",
        ),
        ("migrate",),
        ("run",),
    ],
)
def test_a_newer_database_is_refused_by_everything(url: str, words: tuple[str, ...]) -> None:
    """Also by what migrates: there is no way back, and no traceback of the migration tool."""
    migrate(store := Store(url))
    store.close()
    stamp(url, "9999")
    told = hub(*words)
    assert (told.exit_code, "newer than this program" in told.output) == (2, True), told.output
    assert "9999" in told.output


def test_a_password_is_not_in_the_sentence() -> None:
    """Where the database is, without what opens it."""
    url = "postgresql+psycopg://hub:0000secret@127.0.0.1/hub"
    refused = SchemaMismatch(SchemaAge.NOT_MADE, url)
    for text in refused.text:
        assert "0000secret" not in text
        assert "127.0.0.1/hub" in text
