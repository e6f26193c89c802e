"""What a command loads: nothing that it does not need, so that it begins at once and stays small.

A command is run in a process of its own and says which of the heavy packages are loaded at its end.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.store.engine.store import Store

HEAVY = (
    *("fastapi", "uvicorn", "zeep", "requests", "lxml", "pika", "urllib3"),
    *("alembic", "psycopg", "holidays", "structlog", "tenacity"),
    "sqlalchemy.dialects.postgresql",
)
BY_TYPER = "pydantic_core"
"""Typer loads it for the first option or argument with a value."""
WATCHED = """
import sys
from hub.cli import app
try:
    app(sys.argv[2:], standalone_mode=False)
except Exception as error:
    print(f"ended by {error!r}", file=sys.stderr)
print("LOADED", *[name for name in sys.argv[1].split(",") if name in sys.modules])
"""
READING = (
    ("--help",),
    ("version",),
    ("--version",),
    (
        "deliveries",
        "attention",
    ),
    ("verify",),
    (
        "partners",
        "pauses",
    ),
    ("tasks",),
    ("faults",),
    ("dossier", "trail", "000.99.01.H57-180806-0001"),
    ("audit", "verify"),
    ("health",),
    ("topology", "validate"),
    ("clients", "list"),
    ("messages", "retry", "--plan"),
)
DECIDING = (
    ("deliveries", "cancel", "1", "--reason", "x"),
    ("deliveries", "complete", "1", "--reason", "x"),
    ("deliveries", "resolve", "1", "absent", "--reason", "x"),
    ("tasks", "done", "1", "--reason", "x"),
    ("clients", "retire", "x", "--reason", "x"),
)


def loaded(directory: Path, words: tuple[str, ...], heavy: tuple[str, ...] = HEAVY) -> set[str]:
    """Run a command at an installation; return the heavy packages that it loaded."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, ",".join(heavy), *words],
        env={**kept, "HUB_DATA_DIR": str(directory), "HUB_OPERATOR": "Trần Thị Bình"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith("LOADED"), done.stdout + done.stderr
    return set(last.split()[1:])


@pytest.mark.parametrize("words", READING + DECIDING, ids=" ".join)
def test_a_command_loads_nothing_that_it_does_not_need(
    installed: Store, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """No web server, SOAP, broker, migration tool, calendar library or driver of PostgreSQL."""
    assert installed.name == "sqlite"
    assert loaded(tmp_path, words) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("version",),
        (
            "deliveries",
            "attention",
        ),
        (
            "partners",
            "pauses",
        ),
    ],
    ids=" ".join,
)
def test_a_command_without_a_value_loads_no_validation(
    installed: Store, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """The option --help, which every command has, counts as none."""
    assert installed.name == "sqlite"
    assert loaded(tmp_path, words, (BY_TYPER,)) == set()


def test_migrate_alone_loads_the_migration_tool(installed: Store, tmp_path: Path) -> None:
    """The check can fail: what is needed is loaded, and is seen."""
    assert installed.name == "sqlite"
    # alembic itself loads the dialects of all its databases
    assert loaded(tmp_path, ("migrate",)) == {"alembic", "sqlalchemy.dialects.postgresql"}
