"""Starts the three programs that are compared, and says where each takes what."""

import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hub.drill.sandbox.loopback import HOST, free_port
from tests.benchmarks.gateway.insert import DATABASE
from tests.benchmarks.gateway.order import KEY_FILE
from tests.benchmarks.place import ROOT
from tests.benchmarks.running import GIVE_UP_AFTER, Stuck, running

BODIES = Path(__file__).parent / "bodies"
_HUB, _BARE, _SOAPBAR = "hub", "bare", "soapbar"
_JSON, _XML = "application/json", "text/xml; charset=utf-8"
_COUNTED = {
    _HUB: ("hub.db", "SELECT count(*) FROM journal"),
    _BARE: (DATABASE, "SELECT count(*) FROM dossier"),
    _SOAPBAR: (DATABASE, "SELECT (SELECT count(*) FROM dossier) + (SELECT count(*) FROM journal)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that takes dossiers or statuses in."""

    name: str
    side: str
    path: str
    """`@NUMBER@` in it stands for the dossier's number, as in the body."""
    body: Path
    media_type: str = _JSON


REST = Target(name="rest", side=_HUB, path="/v1/dossiers", body=BODIES / "dossier.json")
BARE = Target(name="bare_route", side=_BARE, path="/v1/dossiers", body=REST.body)
SOAP = Target(name="soap", side=_HUB, path="/soap", body=BODIES / "dossier.xml", media_type=_XML)
SOAPBAR = Target(name="soapbar", side=_SOAPBAR, path="/soap", body=SOAP.body, media_type=_XML)
SOAPBAR_BARE = replace(SOAPBAR, name="soapbar_bare", path="/bare")
STATUS = Target(
    name="statuses",
    side=_HUB,
    path="/v1/dossiers/@NUMBER@/statuses",
    body=BODIES / "status.json",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One program that runs."""

    folder: Path
    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def key_file(self) -> Path | None:
        """The file with the key that its clients show, None for none."""
        place = self.folder / KEY_FILE
        return place if place.exists() else None


Sides = dict[str, Side]


@contextmanager
def started(directory: Path) -> Iterator[Sides]:
    """Start all three; stop them at the end."""
    peers = str(ROOT / ".venv-bench" / "bin" / "python")
    interpreters = {_BARE: sys.executable, _HUB: sys.executable, _SOAPBAR: peers}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(_running(directory / name, name, interpreter))
            for name, interpreter in interpreters.items()
        }


@contextmanager
def _running(folder: Path, name: str, interpreter: str) -> Iterator[Side]:
    folder.mkdir(mode=0o700)
    port, module = free_port(), f"tests.benchmarks.gateway.{name}_side"
    command = [interpreter, "-m", module, str(folder), str(port)]
    with running(command, folder=folder, environment={"PYTHONPATH": str(ROOT)}) as process:
        since = time.monotonic()
        while not _listens(port):
            if not process.alive or time.monotonic() - since > GIVE_UP_AFTER:
                raise Stuck(f"{name} did not start", folder / "log")
            time.sleep(0.05)
        yield Side(folder, port, process.pid)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def stored(side: str, at: Side) -> int:
    """Return how many messages a side holds in its database."""
    name, statement = _COUNTED[side]
    connection = sqlite3.connect(f"file:{at.folder / name}?mode=ro", uri=True)
    try:
        (count,) = connection.execute(statement).fetchone()
    finally:
        connection.close()
    return int(count)
