"""Private nodes of RabbitMQ and PostgreSQL: started, killed and restarted for real."""

import json
import re
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import psycopg
import pytest

from hub.drill.sandbox import programs
from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from tests.support.services import RabbitService, postgres_service, rabbit_service

QUEUE = "letters"
LOOPBACK = "0100007F"
LOOPBACK_V6 = "00000000000000000000000001000000"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[PrivateRabbit]:
    """A RabbitMQ node that may be killed."""
    with rabbit_service(tmp_path) as service:
        yield service.own_node()


@pytest.fixture(scope="module")
def mortal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """A PostgreSQL server as it is shipped, that may be killed and discarded."""
    with postgres_service(tmp_path_factory.mktemp("server"), settings={}) as running:
        yield running


@pytest.fixture
def server(mortal_server: PrivatePostgres) -> PrivatePostgres:
    """The same server, at work."""
    mortal_server.start()
    return mortal_server


def listening_addresses(*ports: int) -> set[str]:
    """Return the addresses at which somebody listens on these ports, in the kernel's hexadecimal.

    Every port has to be listened on.
    """
    listening = "0A"
    found: dict[int, set[str]] = {port: set() for port in ports}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            if state == listening and int(port, 16) in found:
                found[int(port, 16)].add(address)
    assert all(found.values()), found
    return set().union(*found.values())


def ask(node: PrivateRabbit, path: str) -> Any:
    """Ask a node's management API."""
    address = urlsplit(node.management_url)
    login = b64encode(f"{address.username}:{address.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{address.hostname}:{address.port}{path}",
        headers={"authorization": f"Basic {login}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def publish(url: str, bodies: list[bytes]) -> None:
    """Publish persistent messages to a quorum queue, each confirmed."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.confirm_delivery()
    for body in bodies:
        channel.basic_publish("", QUEUE, body, pika.BasicProperties(delivery_mode=2))
    connection.close()


def fetch(url: str, count: int) -> list[bytes]:
    """Take messages from the queue in their order."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    bodies = []
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=20):
        if method is None or body is None:
            break
        channel.basic_ack(method.delivery_tag)
        bodies.append(body)
        if len(bodies) == count:
            break
    connection.close()
    return bodies


@pytest.mark.rabbit
@pytest.mark.chaos
def test_confirmed_messages_survive_sigkill(node: PrivateRabbit) -> None:
    """What a quorum queue has confirmed is there, in order, after the node was killed and started
    in another program: the directory is enough to find data and credentials again."""
    bodies = [f"{number}".encode() for number in range(100)]
    publish(node.url, bodies)
    node.wait_registered(QUEUE)
    first_pid = node.pid
    node.kill()
    assert not node.running
    with PrivateRabbit(node.layout.directory) as again:
        assert again.password == node.password
        assert again.pid != first_pid
        assert fetch(again.url, len(bodies)) == bodies


@pytest.mark.rabbit
def test_a_node_keeps_to_itself(rabbit: RabbitService) -> None:
    """It listens on the loopback address only, has a login of its own, and starts once."""
    node = rabbit.own_node()
    layout = node.layout
    ports = (layout.amqp_port, layout.management_port, layout.distribution_port)
    assert listening_addresses(*ports) == {LOOPBACK}
    assert listening_addresses(node._epmd.port) == {LOOPBACK, LOOPBACK_V6}
    assert "guest" not in {user["name"] for user in ask(node, "/api/users")}
    pid = node.pid
    node.start()
    assert node.pid == pid


@pytest.mark.rabbit
def test_each_test_gets_a_virtual_host_of_its_own(rabbit: RabbitService) -> None:
    """What one test leaves behind, no other one meets."""
    node = rabbit.own_node()
    with rabbit.own_vhost() as url:
        publish(url, [b"mine"])
        assert len(ask(node, "/api/vhosts")) == 2
    assert [vhost["name"] for vhost in ask(node, "/api/vhosts")] == ["/"]


@pytest.mark.postgres
@pytest.mark.chaos
def test_committed_rows_survive_sigkill(server: PrivatePostgres) -> None:
    """What was committed is there after the server was killed, even with a client connected."""
    address = server.url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE letters (body text)")
        connection.execute("INSERT INTO letters VALUES ('kept')")
        connection.commit()
        server.kill()
        assert not server.running
    server.start()
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT body FROM letters").fetchall() == [("kept",)]


@pytest.mark.postgres
def test_a_server_keeps_to_itself(server: PrivatePostgres) -> None:
    """It listens on the loopback address only, wants its password, syncs, and starts once."""
    assert listening_addresses(server.port) == {LOOPBACK}
    address = server.url.replace("+psycopg", "")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(re.sub(":[0-9a-f]{32}@", ":wrong@", address))
    with psycopg.connect(address) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    pid = server.pid
    server.start()
    assert server.pid == pid
    server.restart()
    assert server.pid != pid


@pytest.mark.postgres
def test_a_discarded_server_leaves_nothing(server: PrivatePostgres) -> None:
    """Neither its directory nor the place outside of it where its data may lie."""
    places = {server.directory, server._data_directory().parent}
    assert all(place.is_dir() for place in places)
    server.discard()
    assert not any(place.exists() for place in places)


@pytest.mark.postgres
def test_each_test_gets_a_database_of_its_own(postgres_url: str) -> None:
    """It is empty, and nobody else's."""
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)


def test_a_missing_program_names_its_package() -> None:
    """Callers can skip, fall back, or tell a person what to install."""
    with pytest.raises(MissingProgram, match="no-such-program is not installed") as caught:
        programs.postgresql("no-such-program")
    assert caught.value.package == "postgresql"


def test_a_named_folder_of_postgresql_is_taken_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version's programs run instead of the installed ones, never beside them."""
    (tmp_path / "initdb").touch()
    monkeypatch.setenv(programs.DATABASE_SETTING, str(tmp_path))
    assert programs.postgresql("initdb") == tmp_path / "initdb"
    with pytest.raises(MissingProgram, match=programs.DATABASE_SETTING):
        programs.postgresql("postgres")
