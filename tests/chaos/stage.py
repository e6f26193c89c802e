"""Everything that a chaos run consists of: broker, database, both partners, one process per role.

Between the roles and what they talk to stand proxies, so that lines can be cut and go dead. The
judge and the clerks do not go through them.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from adapters.simulation.process import SimulatorProcess
from hub.broker import declare
from hub.broker.topology import TOPOLOGY
from hub.pilot.partners import Secrets, start_province, start_town
from hub.sandbox import loopback
from hub.sandbox.postgres_node import PrivatePostgres
from hub.sandbox.rabbit_node import PrivateRabbit
from hub.store import outbox, queries
from hub.store.engine import Store
from hub.store.migrate import migrate
from tests.chaos.supervisor import KeptRole
from tests.support.tcp_proxy import TcpProxy

ROLES = ("gateway", "receive", "relay", "deliver", "reconcile", "timer")
CONNECT, REPLY = 0.3, 0.7
"""Seconds; a claim's lease is eight times their sum."""


class Stage:
    """The running parts; made by `open_stage`."""

    def __init__(self, directory: Path, *, seed: int, until: datetime) -> None:
        self.directory = directory
        self.keys = Secrets.generate(directory / "secrets")
        self.intake_token = secrets.token_urlsafe(24)
        self.node = PrivateRabbit(directory / "rabbit")
        self.postgres = PrivatePostgres(directory / "postgres")
        self.lines: dict[str, TcpProxy] = {}
        self.roles: dict[str, KeptRole] = {}
        self.port = loopback.free_port()
        self.until = until
        self._seed = seed
        self.partners: dict[str, SimulatorProcess] = {}
        self.store: Store

    @property
    def gateway_url(self) -> str:
        """Where messages are handed in."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, stack: contextlib.ExitStack) -> None:
        """Start everything; `stack` ends it."""
        self.postgres.start()
        stack.callback(self.postgres.discard)
        self.node.start()
        stack.callback(self.node.kill)
        declare.apply(TOPOLOGY, self.node.url, self.node.management_url)
        for queue in TOPOLOGY.queues:
            self.node.wait_registered(queue.name)
        self.store = Store(self.postgres.url)
        stack.callback(self.store.close)
        migrate(self.store)
        province = start_province(self.directory, self.keys, seed=self._seed)
        self.partners["province"] = stack.enter_context(province)
        town = start_town(
            self.directory, self.keys, hub_port=self.port, until=self.until, seed=self._seed
        )
        self.partners["town"] = stack.enter_context(town)
        for name, url in self._addresses().items():
            parts = urlsplit(url)
            proxy = TcpProxy("127.0.0.1", parts.port or 0)
            self.lines[name] = stack.enter_context(proxy)
        environment = self._environment()
        for name in ROLES:
            role = KeptRole(name, environment, self.directory / "roles")
            self.roles[name] = role
            role.start()
            stack.callback(role.stop)

    def unsettled(self) -> int:
        """Return how much is still to be done by the hub or by the town."""
        with self.store.read() as tx:
            open_ = queries.open_count(tx) - len(queries.stuck(tx, limit=100_000))
            waiting = queries.unhandled_count(tx) + outbox.backlog(tx)
        return open_ + waiting

    def _addresses(self) -> dict[str, str]:
        return {
            "broker": self.node.url,
            "database": self.postgres.url,
            "province": self.partners["province"].url,
            "town": self.partners["town"].url,
        }

    def _environment(self) -> dict[str, str]:
        keys, lines, real = self.keys, self.lines, self._addresses()
        through = {name: lines[name].instead_of(url) for name, url in real.items()}
        values = {
            "data_dir": self.directory / "hub",
            "database_url": through["database"],
            "broker_url": through["broker"],
            "broker_management_url": self.node.management_url,
            "http_port": self.port,
            "file_token": keys.file_token,
            "intake_token": self.intake_token,
            "province_url": through["province"],
            "province_username": keys.province_username,
            "province_password": keys.province_password,
            "town_url": through["town"],
            "town_client_id": keys.town_client_id,
            "town_client_secret": keys.town_client_secret,
            "town_callback_secret": keys.town_callback_secret,
            "connect_timeout": CONNECT,
            "reply_timeout": REPLY,
            "retry_first": 0.1,
            "retry_longest": 1.5,
            "retry_attempts": 1000,
            "circuit_first": 0.2,
            "circuit_longest": 1,
            "settle_delay": 0.5,
            "reconcile_again": 1,
            "sweep": 1,
            "drill": "on",
        }
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            **{f"HUB_{name.upper()}": str(value) for name, value in values.items()},
        }


@contextlib.contextmanager
def open_stage(directory: Path, *, seed: int, until: datetime) -> Iterator[Stage]:
    """Run a stage for the length of the block. Raises MissingProgram."""
    with contextlib.ExitStack() as stack:
        stage = Stage(directory, seed=seed, until=until)
        stage.start(stack)
        yield stage
