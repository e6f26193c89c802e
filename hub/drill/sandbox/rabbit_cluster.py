"""Three private RabbitMQ nodes that form one cluster on the loopback address.

Promises what a node promises (hub/drill/sandbox/rabbit_node.py), and that the nodes know the same
login, so that one list of addresses with one password reaches whichever of them is alive. Each node
can be killed and started again alone; with two of three alive, quorum queues go on.
"""

import contextlib
import json
import secrets
import shutil
import threading
import urllib.request
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from hub.drill.sandbox.erlang import PrivateEpmd
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.drill.sandbox.supervised import NodeFailed

NAMES = ("one", "two", "three")

# What a service manager does, and RabbitMQ counts on: of two nodes that start in the same moment
# one may take the other, not yet there, for one with other feature flags, and ends
# ("incompatible_feature_flags", seen with 3.10.8).
_START = Retrying(
    retry=retry_if_exception_type(NodeFailed), stop=stop_after_attempt(3), reraise=True
)


class NoNodeAnswers(RuntimeError):
    """No node of the cluster answered a question."""


class PrivateCluster:
    """Nodes side by side in one directory. A context manager; safe from several threads."""

    def __init__(self, directory: Path, *, names: tuple[str, ...] = NAMES) -> None:
        directory = directory.absolute()
        self._epmd = PrivateEpmd(directory / "epmd")
        cookie, full_names = secrets.token_hex(16), [f"{name}@localhost" for name in names]
        self.nodes = {
            full_name: PrivateRabbit(
                directory / name,
                name=name,
                cookie=cookie,
                epmd=self._epmd,
                # Trap: from 4.0 on a new node waits for all the peers that it knows. So the first
                # one knows nobody, and each further one knows the first, which runs already.
                peers=(full_names[0], full_name) if name != names[0] else (),
                memory_megabytes=400,
            )
            for name, full_name in zip(names, full_names, strict=True)
        }
        """By full Erlang name, in the order in which they are started and dialled."""
        self._directory = directory

    def start(self) -> None:
        """Return when every node runs; a node that runs already is left alone.

        The first time one after the other: they meet in the first one's database. After that all
        at once, because a node that was killed waits for those that lived longer than it.
        """
        self._epmd.start()
        fresh = not any(node.has_data for node in self.nodes.values())
        self._share_credentials()
        if fresh:
            for node in self.nodes.values():
                node.start()
            return
        problems: list[BaseException] = []
        threads = [
            threading.Thread(target=_start, args=(node, problems)) for node in self.nodes.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise problems[0]

    def kill(self) -> None:
        """End every node with SIGKILL, as a power cut of the whole room would."""
        for node in self.nodes.values():
            node.kill()

    def discard(self) -> None:
        """End everything and remove the data."""
        self.kill()
        self._epmd.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @property
    def url(self) -> str:
        """The AMQP addresses of all nodes, with commas, as HUB_BROKER_URL wants them."""
        return ",".join(node.url for node in self.nodes.values())

    @property
    def management_url(self) -> str:
        """The addresses of the management API, with commas."""
        return ",".join(node.management_url for node in self.nodes.values())

    def wait_registered(self, queue: str) -> None:
        """Return when a SIGKILL of any node cannot lose the queue, see `PrivateRabbit`."""
        for node in self.nodes.values():
            node.wait_registered(queue)

    def leaders(self) -> Counter[str]:
        """Return how many quorum queues each node leads, by full name."""
        queues = self._request("/api/queues?disable_stats=true")
        return Counter(queue["leader"] for queue in queues if queue.get("leader"))

    def members(self, queue: str) -> tuple[list[str], list[str]]:
        """Return the nodes that keep a queue of the virtual host `/`, and those of them online."""
        found = self._request(f"/api/queues/%2F/{queue}")
        return sorted(found["members"]), sorted(found["online"])

    def _request(self, path: str) -> Any:
        for node in self.nodes.values():
            if not node.running:
                continue
            parts = urlsplit(node.management_url)
            login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
            request = urllib.request.Request(
                f"http://{parts.hostname}:{parts.port}{path}",
                headers={"authorization": f"Basic {login}"},
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with contextlib.suppress(OSError), opener.open(request, timeout=5) as answer:
                return json.load(answer)
        raise NoNodeAnswers(path)

    def _share_credentials(self) -> None:
        # The first node makes the login; the cluster has one database of users.
        first, *others = self.nodes.values()
        for node in others:
            node.use_login_of(first)


def _start(node: PrivateRabbit, problems: list[BaseException]) -> None:
    try:
        _START(node.start)
    except BaseException as error:
        problems.append(error)
