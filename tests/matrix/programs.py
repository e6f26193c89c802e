"""Where each claimed version is on this machine: installed, or in the folder with Debian 13.

Finds programs and writes the scripts that start those of the folder; starts no server. A version
that is in neither place is missing, and its combinations are left out.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.drill.sandbox import programs

RABBITMQ = "usr/lib/rabbitmq"
POSTGRESQL = "usr/lib/postgresql"


@dataclass(frozen=True, slots=True)
class Program:
    """A program of one version."""

    version: str
    """As the program or its folder names it: "3.10.8"."""
    path: str
    """The value of the setting that has the sandbox start it, or a Python."""


@dataclass(frozen=True, slots=True)
class Programs:
    """All that were found, by claimed version; what is not there is not in them."""

    rabbitmq: dict[str, Program]
    postgresql: dict[str, Program]
    python: dict[str, Program]


def find(debian13: Path | None, pythons: Sequence[str]) -> Programs:
    """Look on the machine and, if it was made, in the folder with Debian 13.

    `pythons`: interpreters of environments that have the project's packages.
    """
    roots = [Path("/"), *([debian13] if debian13 else [])]
    rabbitmq, postgresql, python = {}, {}, {}
    for root in roots:
        for home in sorted((root / RABBITMQ / "lib").glob("rabbitmq_server-*")):
            version = home.name.partition("-")[2]
            rabbitmq[".".join(version.split(".")[:2])] = Program(version, str(_rabbitmq(root)))
        for place in sorted((root / POSTGRESQL).glob("*/bin")):
            started = _postgresql(root, place)
            postgresql[place.parent.name] = Program(_asked(started / "postgres"), str(started))
    for path in pythons:
        version = _asked(Path(path))
        python[".".join(version.split(".")[:2])] = Program(version, path)
    return Programs(rabbitmq, postgresql, python)


def _rabbitmq(root: Path) -> Path:
    program = Path("/", RABBITMQ, "bin/rabbitmq-server")
    return program if root == Path("/") else _starter(root, "rabbitmq-server", program)


def _postgresql(root: Path, place: Path) -> Path:
    if root == Path("/"):
        return place
    for name in ("initdb", "postgres"):
        started = _starter(
            root, f"postgresql-{place.parent.name}/{name}", Path("/", place.relative_to(root), name)
        )
    return started.parent


def _starter(root: Path, name: str, program: Path) -> Path:
    """Write a script that runs a program with the folder as its root, as whatever user it is.

    A user namespace and not chroot(8), which only root may use: PostgreSQL refuses to run as root.
    Trap: a new namespace takes away the signal that ends a server with its keeper; it is set again.
    """
    path = root / "started-by-matrix" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!/bin/sh\nexec unshare --user --map-current-user --root={root}"
        f' /usr/bin/setpriv --pdeathsig KILL {program} "$@"\n'
    )
    path.chmod(0o755)
    return path


def _asked(program: Path) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    if found is None:
        raise ValueError(f"{program} --version says no version: {done.stdout}")
    return found[0]


SETTINGS = {"rabbitmq": programs.SERVER_SETTING, "postgresql": programs.DATABASE_SETTING}
