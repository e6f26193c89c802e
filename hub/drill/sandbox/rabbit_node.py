"""A private RabbitMQ node.

Promises: loopback only; a name, ports, cookie and password of its own; the data survive `kill` and
`restart` in the same directory; it ends when this process ends. It is never the system's service,
and needs no root. It is not meant to be fast to the last message, but to start quickly.
"""

import json
import os
import secrets
import time
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub.drill.sandbox import loopback, programs
from hub.drill.sandbox.erlang import PrivateEpmd
from hub.drill.sandbox.files import write_private
from hub.drill.sandbox.private_node import PrivateNode
from hub.drill.sandbox.rabbit_config import RabbitLayout, configuration, environment
from hub.drill.sandbox.supervised import Launch, NodeFailed, NotifySocket, SupervisedProcess


class PrivateRabbit(PrivateNode):
    """One node in one directory. Safe to use from several threads; a context manager too.

    To make a cluster, give the nodes different names and directories, one `epmd` and one `cookie`.
    Start the first one without `peers`, then one after the other with the full names of the first
    and of itself as `peers`; or take `hub.drill.sandbox.rabbit_cluster`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        management_port: int = 0,
        name: str = "hub",
        cookie: str = "",
        epmd: PrivateEpmd | None = None,
        peers: Sequence[str] = (),
        memory_megabytes: int = 600,
        limits: Mapping[str, int] | None = None,
        plugins: Sequence[str] = (),
        start_timeout: timedelta = timedelta(seconds=60),
    ) -> None:
        super().__init__()
        directory = directory.absolute()
        self.layout = RabbitLayout(
            directory=directory,
            name=name,
            amqp_port=port or loopback.free_port(),
            management_port=management_port or loopback.free_port(),
            distribution_port=loopback.free_port(),
            memory_megabytes=memory_megabytes,
        )
        self._cookie = cookie
        self._peers = tuple(peers)
        self._own_epmd = epmd is None
        self._epmd = epmd or PrivateEpmd(directory)
        self._start_timeout = start_timeout
        self._limits = limits
        self._plugins = ("rabbitmq_management", *plugins)

    # --- its life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Return when clients can connect; do nothing if it runs.

        Raises MissingProgram, DirectoryInUse and NodeFailed.
        """
        with self._lock:
            if self.running:
                return
            self.kill()
            program = programs.rabbitmq_server()
            self._write_files()
            self._epmd.start()
            launch = Launch(
                command=[str(program)],
                environment=environment(
                    self.layout,
                    path=os.environ.get("PATH", os.defpath),
                    epmd=self._epmd.environment(),
                    limits=self._limits,
                ),
                log=self.layout.log / "output.log",
            )
            with NotifySocket() as notify:
                try:
                    process = SupervisedProcess.start(
                        launch, lock=self.layout.directory / "node.lock", notify=notify
                    )
                    process.wait_ready(notify, self._start_timeout)
                except NodeFailed:
                    self._stop_epmd()
                    raise
            self._process = process

    def stop(self) -> None:
        """Shut it down in good order; do nothing if it does not run."""
        with self._lock:
            super().stop()
            self._stop_epmd()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would; do nothing if it does not run."""
        with self._lock:
            super().kill()
            self._stop_epmd()

    def wait_registered(self, queue: str) -> None:
        """Return when a quorum queue is so safe that a SIGKILL cannot lose it.

        Trap, seen with RabbitMQ 3.10: for about a second after the declaration the queue's name is
        only in the node's memory (its table of names is written late). Killed within that second,
        the node comes back with an empty queue of that name, without a leader, though every message
        in it had been confirmed. From then on confirmed means kept.
        """
        table = self.layout.data / f"{self.layout.name}-quorum" / self.node / "names.dets"
        deadline = time.monotonic() + 10
        while queue.encode() not in table.read_bytes():
            if time.monotonic() > deadline:
                raise NodeFailed(f"the queue {queue} was not registered in {table}")
            time.sleep(0.02)

    # --- how to reach it --------------------------------------------------------------------------

    @property
    def node(self) -> str:
        """Its full Erlang name, as `peers` of other nodes want it."""
        return self.layout.node

    @property
    def user(self) -> str:
        """The administrator's name. Made up anew for every data directory, like the password."""
        return self._credentials()[0]

    @property
    def password(self) -> str:
        """The administrator's password."""
        return self._credentials()[1]

    @property
    def has_data(self) -> bool:
        """Whether it has run before in its directory."""
        return self.layout.data.exists()

    def use_login_of(self, other: "PrivateRabbit") -> None:
        """Use another node's user and password: a cluster has one database of users."""
        directory = self.layout.directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(directory / "credentials", f"{other.user} {other.password}")

    @property
    def url(self) -> str:
        """Where AMQP clients connect, with credentials, for the virtual host `/`."""
        return self.url_of("/")

    def url_of(self, vhost: str) -> str:
        """Return the AMQP address of a virtual host."""
        port = self.layout.amqp_port
        return f"amqp://{self.user}:{self.password}@{loopback.HOST}:{port}/{quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """Where the management API is, with credentials."""
        port = self.layout.management_port
        return f"http://{self.user}:{self.password}@{loopback.HOST}:{port}"

    def create_vhost(self, name: str) -> str:
        """Make a virtual host of its own for a test or a run. Return its AMQP address."""
        self._api("PUT", f"/api/vhosts/{quote(name, safe='')}", {"default_queue_type": "quorum"})
        return self.url_of(name)

    def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with everything in it."""
        self._api("DELETE", f"/api/vhosts/{quote(name, safe='')}")

    def publish(self, queue: str, body: str) -> None:
        """Put a message into a queue, as a program does that knows nothing of the hub."""
        content = {"properties": {}, "routing_key": queue, "payload": body}
        self._api(
            "POST",
            "/api/exchanges/%2F/amq.default/publish",
            {**content, "payload_encoding": "string"},
        )

    def _api(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        address = f"http://{loopback.HOST}:{self.layout.management_port}{path}"
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords.add_password(None, address, self.user, self.password, is_authenticated=True)
        # No proxy: one that is set for the outside must not be asked for the loopback address.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(passwords)
        )
        request = urllib.request.Request(
            address,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"content-type": "application/json"},
        )
        opener.open(request, timeout=10).close()

    # --- its files --------------------------------------------------------------------------------

    def _write_files(self) -> None:
        layout = self.layout
        for place in (layout.config, layout.data, layout.log, layout.home):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        user, password = self._credentials()
        text = configuration(layout, user=user, password=password, peers=self._peers)
        write_private(layout.config / "rabbitmq.conf", text)
        write_private(layout.config / "enabled_plugins", f"[{','.join(self._plugins)}].\n")
        cookie = layout.home / ".erlang.cookie"
        if self._cookie or not cookie.exists():
            write_private(cookie, self._cookie or secrets.token_hex(16))
        # Erlang refuses a cookie that others may read.
        cookie.chmod(0o400)

    def _credentials(self) -> tuple[str, str]:
        # Kept beside the data, because the data know them.
        path = self.layout.directory / "credentials"
        with self._lock:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private(path, f"hub-{secrets.token_hex(3)} {secrets.token_hex(16)}")
            user, password = path.read_text(encoding="ascii").split()
        return user, password

    def _stop_epmd(self) -> None:
        if self._own_epmd:
            self._epmd.stop()
