"""A foreign partner as a process: started, killed and started again; its ledger is a file.

Nothing of the simulators' kit is used: the partners were written from the contracts alone.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.drill.sandbox import loopback
from hub.drill.sandbox.supervised import Launch, SupervisedProcess
from tests.foreign.programs import PARTNERS, node, npm_soap, php_with_soap

ACCOUNT, PASSWORD = "phuong-thu", "chi-de-thu"
CLIENT_SECRET, CALLBACK_SECRET, FILE_TOKEN = "client-word", "callback-word", "file-word"
WSDL = Path(__file__).parents[3] / "schemas/provincial/hosodientu.wsdl"
STARTS_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One foreign partner: how it is started, and what the hub has to be told about it."""

    name: str
    mode: str
    """soap or rest; town for the town."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the hub."""
    profile: str = ""
    """Lines of the partner profile."""

    def command(self, port: int) -> Sequence[str]:
        """Return the command line; raises MissingProgram."""
        if self.name == "php":
            program = str(PARTNERS / "php/province.php")
            return [php_with_soap(), "-S", f"127.0.0.1:{port}", program]
        if self.name == "npm-soap":
            npm_soap()
        return [node(), str(PARTNERS / f"{_PROGRAMS[self.name]}.cjs")]

    def environment(self) -> dict[str, str]:
        """Return what the program is told."""
        modules = {"NODE_PATH": npm_soap()} if self.name == "npm-soap" else {}
        return {
            **modules,
            "ACCOUNT": ACCOUNT,
            "PASSWORD": PASSWORD,
            "WSDL": str(WSDL),
            "SERVICE_PATH": "/soap",
            "CLIENT": ACCOUNT,
            "CLIENT_SECRET": CLIENT_SECRET,
            "CALLBACK_SECRET": CALLBACK_SECRET,
            "FILE_TOKEN": FILE_TOKEN,
        }


_PROGRAMS = {"npm-soap": "soap-province", "node-rest": "rest-province", "node-town": "town"}


class ForeignPartner:
    """A running foreign partner; used by one thread at a time."""

    def __init__(
        self, kind: Kind, place: Path, *, hub_url: str = "", wsdl: Path | None = None
    ) -> None:
        """`wsdl` is what it serves in the place of ours."""
        self.kind = kind
        self.port = loopback.free_port()
        self.ledger = place / "ledger.jsonl"
        self._place = place
        (place / "sessions").mkdir(parents=True, exist_ok=True)
        self._environment = {
            "PATH": os.environ.get("PATH", ""),
            **kind.environment(),
            "PORT": str(self.port),
            "LEDGER": str(self.ledger),
            "SESSIONS": str(place / "sessions"),
            "HUB": hub_url,
            **({"WSDL": str(wsdl)} if wsdl else {}),
        }
        self._process: SupervisedProcess | None = None

    def start(self, *, own_url: str = "") -> None:
        """Start it; returns when its port is open."""
        if own_url:
            self._environment["OWN_URL"] = own_url
        launch = Launch(
            command=self.kind.command(self.port),
            environment=self._environment,
            log=self._place / "partner.log",
        )
        self._process = SupervisedProcess.start(launch, lock=self._place / "partner.lock")
        end, pause = time.monotonic() + STARTS_WITHIN, threading.Event()
        while not self._listens():
            if time.monotonic() > end or not self._process.alive:
                raise AssertionError(f"{self.kind.name} does not listen, see {launch.log}")
            pause.wait(0.02)

    def kill(self) -> None:
        """End it with SIGKILL; what it had in memory is gone."""
        if self._process is not None:
            self._process.kill()

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries of its ledger in their order.

        What follows the last line's end is not there yet: the partner is writing it.
        """
        if self.ledger.exists():
            for line in self.ledger.read_text(encoding="utf-8").split("\n")[:-1]:
                yield json.loads(line)

    def written(self) -> int:
        """Return how many bytes its ledger has; cheaper than its entries where growth is all."""
        return self.ledger.stat().st_size if self.ledger.exists() else 0

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@contextmanager
def running(partner: ForeignPartner, *, own_url: str = "") -> Iterator[ForeignPartner]:
    """Run a partner for the length of the block."""
    partner.start(own_url=own_url)
    try:
        yield partner
    finally:
        partner.kill()
