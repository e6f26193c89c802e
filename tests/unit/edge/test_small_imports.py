"""The agent's process stays small, and nothing in its import path is of POSIX alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.documents.sources import ROOT

START = (
    "hub.bootstrap.edge",
    "hub.cli",
    *(f"hub.cli.edge.{name}" for name in ("enroll", "run", "status", "receive", "refused")),
)
POSIX_ONLY = {"termios", "tty", "fcntl", "pwd", "grp", "resource", "pty", "syslog", "posix"}
POSIX_CALLS = {
    "fork", "forkpty", "getuid", "geteuid", "getgid", "setuid", "setgid", "setsid", "killpg",
    "chown", "fchmod", "mkfifo", "statvfs", "wait3", "wait4", "pread", "pwrite", "fdatasync",
    "sched_getaffinity", "sched_setaffinity", "get_blocking",
}  # fmt: skip
LARGE = ("sqlalchemy", "alembic", "pika", "zeep", "lxml", "fastapi", "uvicorn", "pikepdf", "PIL")


@cache
def tree(module: str) -> tuple[Path, ast.Module] | None:
    """Return file and tree of one of our modules."""
    place = ROOT / Path(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path, ast.parse(path.read_text(encoding="utf-8"))
    return None


def imported(parsed: ast.Module) -> Iterator[str]:
    """Yield what is imported when a module is: not what a function loads, nor types alone."""
    statements = list(parsed.body)
    while statements:
        node = statements.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (it.name for it in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{it.name}" for it in node.names)
        statements += [it for it in ast.iter_child_nodes(node) if isinstance(it, ast.stmt)]


def reached() -> dict[str, tuple[Path, ast.Module]]:
    """Return every module of ours that the agent imports."""
    found: dict[str, tuple[Path, ast.Module]] = {}
    waiting = list(START)
    while waiting:
        name = waiting.pop()
        known = tree(name) if name.startswith(("hub", "adapters")) and name not in found else None
        if known is None:
            continue
        found[name] = known
        parents = name.split(".")[:-1]
        waiting += [".".join(parents[:nth]) for nth in range(1, len(parents) + 1)]
        waiting += list(imported(known[1]))
    return found


def test_nothing_of_posix_alone_is_in_the_import_path() -> None:
    """The reader on a serial line is loaded with its device, and only on POSIX."""
    modules = reached()
    assert {"hub.edge.agent", "adapters.wire.http", "adapters.devices.scanner.source"} <= set(
        modules
    )
    assert "adapters.devices.barcode.source" not in modules
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, parsed in modules.values()
        for name in imported(parsed)
        if name.partition(".")[0] in POSIX_ONLY
    ]
    wrong += [
        f"{path.relative_to(ROOT)}: os.{node.attr}"
        for path, parsed in modules.values()
        for node in ast.walk(parsed)
        if isinstance(node, ast.Attribute)
        and node.attr in POSIX_CALLS
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert wrong == []


def test_the_agent_loads_no_large_library() -> None:
    """In a process of its own: whatever a module of ours loads in turn counts, too."""
    names = ", ".join(START)
    program = f"import {names}, sys; print(*(it for it in {LARGE!r} if it in sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.split() == []
