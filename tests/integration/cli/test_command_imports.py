"""What a command loads: nothing that it does not need, so that it begins at once and stays small.

Commands run one after the other in a process of their own, which says after each which of the heavy
packages are loaded: what one loads, the next would have, too.
"""

import json
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
import json
import sys
from hub.cli import app
heavy, commands = map(json.loads, sys.argv[1:])
for words in commands:
    try:
        app(words, standalone_mode=False)
    except Exception as error:
        print(f"ended by {error!r}", file=sys.stderr)
    print("LOADED", json.dumps([name for name in heavy if name in sys.modules]))
"""
OF_WEB = ("fastapi", "uvicorn", "pydantic", "opentelemetry")
OF_PAGES = ("jinja2", "hub.console.app", "hub.counter.app")
BUILT = """
import json
import sys
import hub.cli.installation.run
from hub.bootstrap.build import build
from hub.settings import Settings
directory, roles, heavy = sys.argv[1:]
made = build(Settings(data_dir=directory, roles=roles, http_port=0, console_port=0))
made.stop()
print(json.dumps([name for name in json.loads(heavy) if name in sys.modules]))
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


def loaded(
    directory: Path, *commands: tuple[str, ...], heavy: tuple[str, ...] = HEAVY
) -> dict[str, set[str]]:
    """Run commands at an installation; return the heavy packages that were loaded after each."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(heavy), json.dumps(commands)],
        env={**kept, "HUB_DATA_DIR": str(directory), "HUB_OPERATOR": "Trần Thị Bình"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    told = [it for it in done.stdout.splitlines() if it.startswith("LOADED ")]
    assert len(told) == len(commands), done.stdout + done.stderr
    names = [" ".join(words) for words in commands]
    return {
        name: set(json.loads(it.removeprefix("LOADED ")))
        for name, it in zip(names, told, strict=True)
    }


def test_a_command_loads_nothing_that_it_does_not_need(installed: Store, tmp_path: Path) -> None:
    """No web server, SOAP, broker, migration tool, calendar library or driver of PostgreSQL."""
    assert installed.name == "sqlite"
    found = loaded(tmp_path, *READING, *DECIDING)
    assert {name: packages for name, packages in found.items() if packages} == {}


def test_a_command_without_a_value_loads_no_validation(installed: Store, tmp_path: Path) -> None:
    """The option --help, which every command has, counts as none."""
    assert installed.name == "sqlite"
    without = (("version",), ("deliveries", "attention"), ("partners", "pauses"))
    found = loaded(tmp_path, *without, heavy=(BY_TYPER,))
    assert {name: packages for name, packages in found.items() if packages} == {}


def test_the_migration_tool_is_loaded_where_there_is_a_step_to_take(tmp_path: Path) -> None:
    """The check can fail: what is needed is loaded, and is seen."""
    # alembic itself loads the dialects of all its databases
    assert loaded(tmp_path, ("migrate",)) == {
        "migrate": {"alembic", "sqlalchemy.dialects.postgresql"}
    }
    assert loaded(tmp_path, ("migrate",)) == {"migrate": set()}


@pytest.mark.parametrize(
    ("roles", "heavy"),
    [
        ("receive,relay,deliver,reconcile,timer,sources", (*OF_PAGES, *OF_WEB, "alembic")),
        ("gateway", (*OF_PAGES, "hub.operations.alerts.watching", "alembic")),
        ("console", ("hub.counter.app", "hub.gateway.app", "hub.bootstrap.roles.timer", "alembic")),
    ],
)
def test_a_hub_loads_what_its_roles_need(
    installed: Store, tmp_path: Path, roles: str, heavy: tuple[str, ...]
) -> None:
    """A role that serves no page has no web server: it starts in half the time."""
    assert installed.name == "sqlite"
    done = subprocess.run(
        [sys.executable, "-c", BUILT, str(tmp_path), roles, json.dumps(heavy)],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
