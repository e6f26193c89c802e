"""Everything that a chaos run consists of: broker, database, both partners, one process per role.

Between the roles and what they talk to stand proxies, so that lines can be cut and go dead; files
and database lie on disks that can be made full; the hub's clock can be set. The judge and the
clerks do not go through any of it.
"""

import contextlib
import os
import resource
import secrets
import signal
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from adapters.simulation.process import SimulatorProcess
from hub.broker.admin import declare
from hub.broker.topology import TOPOLOGY
from hub.cli import main
from hub.drill.pilot.partners import Secrets, start_province, start_town
from hub.drill.sandbox import loopback
from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.drill.sandbox.rabbit_cluster import NAMES, PrivateCluster
from hub.store.engine.store import Store
from hub.store.messages import outbox
from hub.store.monitoring import attention, work_counts
from hub.store.schema.migrate import migrate
from tests.chaos import archiving_timer
from tests.chaos.dialects import write_profiles
from tests.chaos.supervisor import KeptRole
from tests.support.database.small_disk import SmallDisk
from tests.support.network.tcp_proxy import TcpProxy

ROLES = ("gateway", "receive", "relay", "deliver", "reconcile", "timer")
CONNECT, REPLY = 0.3, 0.7
PACE = {
    "connect_timeout": CONNECT,
    "reply_timeout": REPLY,
    "retry_min_delay": 0.1,
    "retry_max_delay": 1.5,
    "retry_attempts": 1000,
    "circuit_min_open": 0.2,
    "circuit_max_open": 1,
    "reconcile_delay": 0.5,
    "reconcile_interval": 1,
    "sweep_interval": 1,
}
"""Settings, in seconds: a run sees many failures and their ends in minutes."""
LAG = "300ms"
"""Of the look-up of a simulator without dialects: it has none, and a run must not wait for it."""
HOUR = 3600
PROGRAMS = {"timer": archiving_timer.run}
"""What runs for a role, where it is not the hub itself."""
LEASE = (CONNECT + REPLY) * 16
"""Seconds."""


class Stage:
    """The running parts; made by `open_stage`."""

    def __init__(
        self, directory: Path, *, seed: int, until: datetime, nodes: int, dialects: bool = False
    ) -> None:
        self.directory = directory
        self.profiles = write_profiles(directory) if dialects else {}
        """What the hub is told of partners that speak dialects."""
        self.keys = Secrets.generate(directory / "secrets")
        self.intake_token = secrets.token_urlsafe(24)
        self.cluster = PrivateCluster(directory / "rabbit", names=NAMES[:nodes])
        self.hub = directory / "hub"
        self.archive = self.hub / "archive"
        self.files = SmallDisk(self.hub / "files")
        # Not below `directory`: PostgreSQL may run as somebody who cannot get there.
        self.database_disk = SmallDisk(Path(tempfile.mkdtemp(prefix="chaos-", dir="/var/tmp")))
        self.postgres = PrivatePostgres(self.database_disk.place / "postgres")
        self.clock = directory / "clock"
        """Seconds by which the clock of the hub's roles is wrong."""
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
        stack.enter_context(self.files)
        stack.enter_context(self.database_disk)
        self.database_disk.place.chmod(0o711)
        stack.callback(self.postgres.discard)
        self.postgres.start()
        stack.enter_context(self.cluster)
        # After the last node has joined: a queue gets its members when it is declared.
        declare.apply(TOPOLOGY, self.cluster.url, self.cluster.management_url)
        for queue in TOPOLOGY.queues:
            self.cluster.wait_registered(queue.name)
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
            program = PROGRAMS.get(name, main)
            role = KeptRole(name, environment, self.directory / "roles", program=program)
            self.roles[name] = role
            role.start()
            stack.callback(role.stop)

    @property
    def operator(self) -> dict[str, str]:
        """The settings with which an operator's command works, past the lines."""
        return {"HUB_DATA_DIR": str(self.hub), "HUB_DATABASE_URL": self.postgres.url}

    def unsettled(self) -> int:
        """Return how much is still to be done by the hub or by the town."""
        with self.store.read() as tx:
            open_ = work_counts.open_count(tx) - len(attention.stuck(tx, limit=100_000))
            waiting = work_counts.unhandled_count(tx) + outbox.backlog(tx)
        return open_ + waiting

    def lines_to(self, what: str) -> list[TcpProxy]:
        """Return the lines to `broker`, `database`, `province`, `town`, or `everybody`."""
        return [
            line
            for name, line in self.lines.items()
            if what in (name.partition(".")[0], "everybody")
        ]

    def signal_partner(self, name: str, number: signal.Signals) -> None:
        """Stop a partner where it stands, or let it go on."""
        os.kill(self.partners[name].process.pid, number)

    def _addresses(self) -> dict[str, str]:
        brokers = {
            f"broker.{name.partition('@')[0]}": node.url
            for name, node in self.cluster.nodes.items()
        }
        return {
            **brokers,
            "database": self.postgres.url,
            "province": self.partners["province"].url,
            "town": self.partners["town"].url,
        }

    def _environment(self) -> dict[str, str]:
        keys, lines, real = self.keys, self.lines, self._addresses()
        profile = self.directory / "profile.toml"
        profile.write_text(f'[lookup]\nlag = "{LAG}"\n', encoding="utf-8")
        through = {name: lines[name].instead_of(url) for name, url in real.items()}
        brokers = [url for name, url in through.items() if name.startswith("broker.")]
        values = {
            "data_dir": self.hub,
            "database_url": through["database"],
            "broker_url": ",".join(brokers),
            "broker_management_url": self.cluster.management_url,
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
            "province_profile": profile,
            "town_profile": profile,
            **PACE,
            "archive": "on",
            "archive_every": 1,
            "drill": "on",
            "drill_clock": self.clock,
        }
        values |= {f"{name}_profile": path for name, path in self.profiles.items()}
        return {
            # The roles run the tree under test, also where another one is installed.
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            **{f"HUB_{name.upper()}": str(value) for name, value in values.items()},
        }


@contextlib.contextmanager
def open_stage(
    directory: Path, *, seed: int, until: datetime, nodes: int = 3, dialects: bool = False
) -> Iterator[Stage]:
    """Run a stage for the length of the block. Raises MissingProgram."""
    with contextlib.ExitStack() as stack:
        stage = Stage(directory, seed=seed, until=until, nodes=nodes, dialects=dialects)
        stage.start(stack)
        yield stage


@contextlib.contextmanager
def full_files(stage: Stage) -> Iterator[None]:
    """No room for files until the end of the block."""
    if stage.files.mounted:
        with stage.files.full():
            yield
        return
    # Not permitted to mount: no file of the gateway may grow.
    pid = stage.roles["gateway"].pid
    before = (
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)) if pid else ()
    )
    try:
        yield
    finally:
        if before:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
