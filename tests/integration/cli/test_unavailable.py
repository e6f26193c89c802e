"""Every command, through everything that may be missing: a sentence and an exit code, no traceback.

The commands are read from the command line itself, and their arguments from their declarations, so
that a new command is covered without a word here. Those that run until they are stopped are tried
with what they need first.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.drill.sandbox import loopback
from hub.store.engine import store as engine
from tests.support.database.small_disk import SmallDisk
from tests.support.database.stores import empty_store
from tests.support.documents.typed_commands import arguments, commands

KEEPS_RUNNING = {"run", "demo", "broker node", "simulate"}
"""They need what is missing at their start, or something else than a store: see below."""
NEEDS_NO_STORE = {
    "version",
    "partners procedures",
    "devices check",
    "devices scan",
    "devices diagnostics",
    "devices discover",
    "topology validate",
    "topology export",
}
SEARCHES = {"devices discover"}
"""It asks the network for a second whatever is missing here: it is tried with one absence."""
Absence = Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractContextManager[None]]


def type_it(words: str, command: Any, file: Path) -> Any:
    """Run a command in this process."""
    typed = [*words.split(), *arguments(command, file)]
    return CliRunner().invoke(app, typed, env={"COLUMNS": "200"})


def made(directory: Path) -> Path:
    """Make a database in a directory; return its file."""
    store = empty_store(directory / "hub.db")
    store.close()
    return directory / "hub.db"


@contextlib.contextmanager
def away(_: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """No PostgreSQL listens at the address."""
    port = loopback.free_port()
    patch.setenv("HUB_DATABASE_URL", f"postgresql+psycopg://hub:0000secret@127.0.0.1:{port}/hub")
    yield


@contextlib.contextmanager
def not_made(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """No hub has run here."""
    patch.setenv("HUB_DATA_DIR", str(directory / "empty"))
    yield


@contextlib.contextmanager
def forbidden(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The data directory belongs to another user, as /var/lib/hub does for a normal one."""
    if os.geteuid() == 0:
        place = Path(tempfile.mkdtemp(prefix="hub-"))  # pytest's own are closed to others anyway
        made(place)
        patch.setenv("HUB_DATA_DIR", str(place))
        os.seteuid(65_534)
        try:
            yield
        finally:
            os.seteuid(0)
            shutil.rmtree(place)
    else:
        made(directory)
        directory.chmod(0)
        patch.setenv("HUB_DATA_DIR", str(directory))
        try:
            yield
        finally:
            directory.chmod(0o700)


@contextlib.contextmanager
def damaged(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database's file holds something else."""
    (directory / "hub.db").write_bytes(b"no database at all, " * 1000)
    patch.setenv("HUB_DATA_DIR", str(directory))
    yield


@contextlib.contextmanager
def locked(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another program holds the database for itself alone."""
    line = sqlite3.connect(made(directory))
    patch.setenv("HUB_DATA_DIR", str(directory))
    patch.setattr(engine, "BUSY", engine.BUSY * 0)
    try:
        line.execute("PRAGMA locking_mode=EXCLUSIVE")
        line.execute("BEGIN EXCLUSIVE")
        line.execute("UPDATE alembic_version SET version_num = version_num")
        yield
    finally:
        line.close()


@contextlib.contextmanager
def full(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The disk of the data directory has no room left."""
    with SmallDisk(directory / "disk") as disk:
        if not disk.mounted:
            pytest.skip("mounting a small disk needs root")
        made(disk.place)
        patch.setenv("HUB_DATA_DIR", str(disk.place))
        with disk.full():
            yield


@contextlib.contextmanager
def no_broker(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """No RabbitMQ listens at the address."""
    made(directory)
    patch.setenv("HUB_DATA_DIR", str(directory))
    patch.setenv("HUB_BROKER_URL", f"amqp://a:0000secret@127.0.0.1:{loopback.free_port()}/")
    yield


def setting(name: str, value: str) -> Absence:
    """Return the mistake of a wrong setting."""

    @contextlib.contextmanager
    def wrong(directory: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
        patch.setenv("HUB_DATA_DIR", str(directory))
        patch.setenv(name, value)
        yield

    return wrong


ABSENCES: dict[str, Absence] = {
    "the database is away": away,
    "there is no database": not_made,
    "no permission": forbidden,
    "the file is damaged": damaged,
    "the file is locked": locked,
    "the disk is full": full,
    "no broker": no_broker,
    "a broker by http": setting("HUB_BROKER_URL", "http://127.0.0.1"),
    "another database": setting("HUB_DATABASE_URL", "mysql://hub@127.0.0.1/hub"),
}
ALWAYS = {"the database is away", "there is no database", "no permission", "the file is damaged"}
ALWAYS |= {"a broker by http", "another database"}
"""Absences that no command which needs the store can do without noticing."""


@pytest.mark.parametrize("absence", ABSENCES)
def test_every_command_ends_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absence: str
) -> None:
    """No traceback, no password, and an exit code of the command line's own."""
    file = tmp_path / "given.json"
    file.write_text("{}", encoding="utf-8")
    place = tmp_path / "hub"
    place.mkdir()
    left_out = KEEPS_RUNNING if absence == "no broker" else KEEPS_RUNNING | SEARCHES
    found = [(words, one) for words, one in commands() if words not in left_out]
    with ABSENCES[absence](place, monkeypatch):
        # What would make the database comes last.
        found.sort(key=lambda it: it[0] == "migrate")
        told = {words: type_it(words, one, file) for words, one in found}
    for words, result in told.items():
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            f"hub {words}: {result.exception!r}"
        )
        assert result.exit_code in (0, 1, 2, 3), words
        assert "0000secret" not in result.output, words
        assert result.output.strip(), words
        assert "How to use it:" not in result.output, f"hub {words}: {result.output}"
        if absence in ALWAYS and words not in NEEDS_NO_STORE | {"migrate"}:
            failed = result.exit_code != 0 or words == "doctor"
            assert failed, f"hub {words}: {result.output}"


@pytest.mark.parametrize("absence", sorted(set(ABSENCES) - {"there is no database"}))
def test_the_hub_does_not_start_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absence: str
) -> None:
    """`hub run` ends by itself with what is missing."""
    place = tmp_path / "hub"
    place.mkdir()
    with ABSENCES[absence](place, monkeypatch):
        result = CliRunner().invoke(app, ["run"], env={"COLUMNS": "200"})
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (1, 2, 3), result.output


def test_what_keeps_running_is_named(tmp_path: Path) -> None:
    """A command is left out of the walk only by its name here."""
    assert {words for words, _ in commands()} >= KEEPS_RUNNING | NEEDS_NO_STORE
