"""What a test does when RabbitMQ or PostgreSQL is not to be had, and how it gets its own place.

One rule: on a laptop such a test is skipped, in CI (CI=true) it fails. A skip there would let a
submission pass that nobody has tried on the real thing.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

import pytest

from hub.broker.admin.own_vhost import own_vhost
from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit

IN_CI = os.environ.get("CI", "").lower() in {"true", "1", "yes"}


def missing(error: MissingProgram) -> NoReturn:
    """Skip the test on a laptop, fail it in CI."""
    if IN_CI:
        pytest.fail(f"{error}; in CI it has to be there", pytrace=False)
    pytest.skip(str(error))


@dataclass(frozen=True, slots=True)
class RabbitService:
    """The broker of a test session."""

    url: str
    """AMQP address, with credentials. No test may use its virtual host: a hub may work there."""
    management_url: str
    """Address of the management API, with credentials."""
    node: PrivateRabbit | None
    """The private node; None when HUB_BROKER_URL names somebody else's broker."""

    def own_node(self) -> PrivateRabbit:
        """Return the node, to be killed or asked about policies; skip where it is not ours."""
        if self.node is None:
            pytest.skip("the broker of HUB_BROKER_URL is not ours to kill or to configure")
        return self.node

    @contextmanager
    def own_vhost(self) -> Iterator[str]:
        """Give a test a virtual host of its own: its AMQP address."""
        if self.node is None:
            with own_vhost(self.url, self.management_url, prefix="hub-test") as url:
                yield url
            return
        name = f"test-{secrets.token_hex(4)}"
        yield self.node.create_vhost(name)
        self.node.start()  # a test may have killed it
        self.node.delete_vhost(name)


COUNTS_SOON = {"collect_statistics_interval": 1000, "quorum_tick_interval": 1000}
"""Milliseconds: who waits for the broker's own figures waits a second and not five."""


@contextmanager
def rabbit_service(
    directory: Path, existing_url: str = "", existing_management_url: str = ""
) -> Iterator[RabbitService]:
    """Start a private node, or take the broker that is there."""
    if existing_url:
        yield RabbitService(existing_url, existing_management_url, None)
        return
    node = PrivateRabbit(directory, limits=COUNTS_SOON)
    node.start()
    try:
        yield RabbitService(node.url, node.management_url, node)
    finally:
        # Its data are thrown away: no need to wait for an orderly end.
        node.kill()


WITHOUT_DISK = {"fsync": "off", "dynamic_shared_memory_type": "mmap"}
"""Settings of a test's PostgreSQL. What a killed process had committed is with the kernel, and
no test cuts the power; with fsync the removal of its database was half of a test's time. What the
server's processes share lies in its own folder: one that is killed leaves it behind in /dev/shm."""


@contextmanager
def postgres_service(
    directory: Path, settings: Mapping[str, str] = MappingProxyType(WITHOUT_DISK)
) -> Iterator[PrivatePostgres]:
    """Start a private server and remove it with its data."""
    server = PrivatePostgres(directory, settings=settings)
    server.start()
    try:
        yield server
    finally:
        server.discard()
