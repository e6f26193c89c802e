"""Where the programs of RabbitMQ, Erlang and PostgreSQL are.

Finds them or raises `MissingProgram`, which names the Debian package; starts nothing.
script/lib/services.sh looks in the same places.
"""

import os
import shutil
from pathlib import Path

SERVER_SETTING = "HUB_SANDBOX_RABBITMQ"
"""Names another start script than the installed one, e.g. of a newer RabbitMQ in a chroot."""
DATABASE_SETTING = "HUB_SANDBOX_POSTGRESQL"
"""Names another folder of PostgreSQL's programs than the installed one."""


class MissingProgram(RuntimeError):
    """A program is not installed. `package` is the Debian package that brings it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed (Debian package: {package})")
        self.program = program
        self.package = package


def rabbitmq_server() -> Path:
    """Return RabbitMQ's own start script.

    Not the `rabbitmq-server` on Debian's PATH: that one is a wrapper that insists on root or the
    user rabbitmq, switches to that user, and starts the system's node.
    """
    named = os.environ.get(SERVER_SETTING)
    if named:
        if Path(named).is_file():
            return Path(named)
        raise MissingProgram(f"{named} ({SERVER_SETTING})", "rabbitmq-server")
    for place in ("/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"):
        program = Path(place, "rabbitmq-server")
        if program.exists():
            return program
    raise MissingProgram("rabbitmq-server", "rabbitmq-server")


def epmd() -> Path:
    """Return Erlang's port mapper daemon."""
    on_path = shutil.which("epmd")
    if on_path:
        return Path(on_path)
    for place in ("/usr/lib/erlang", "/usr/local/lib/erlang", "/opt/erlang/lib/erlang"):
        for program in sorted(Path(place).glob("erts-*/bin/epmd")):
            return program
    raise MissingProgram("epmd", "erlang-base")


def pgbouncer() -> Path:
    """Return PgBouncer, a pooler of connections to PostgreSQL."""
    found = shutil.which("pgbouncer", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if found:
        return Path(found)
    raise MissingProgram("pgbouncer", "pgbouncer")


def postgresql(program: str) -> Path:
    """Return `initdb`, `postgres` and the like, of the newest version that is installed."""
    named = os.environ.get(DATABASE_SETTING)
    if named:
        if Path(named, program).is_file():
            return Path(named, program)
        raise MissingProgram(f"{named}/{program} ({DATABASE_SETTING})", "postgresql")

    def version(path: Path) -> float:
        try:
            return float(path.parent.parent.name)
        except ValueError:
            return 0.0

    # Debian keeps each version's programs outside PATH, side by side.
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=version)
    if installed:
        return installed[-1]
    on_path = shutil.which(program)
    if on_path:
        return Path(on_path)
    raise MissingProgram(program, "postgresql")
