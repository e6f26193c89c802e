"""Which versions a combination really runs on, told by the services themselves."""

import json
import platform
from collections.abc import Callable

import psycopg
import pytest
import urllib3
from urllib3.util import parse_url

from hub.drill.sandbox.postgres_node import PrivatePostgres
from tests.support.services import RabbitService

pytestmark = [pytest.mark.rabbit, pytest.mark.postgres]


def test_the_services_say_which_versions_they_are(
    rabbit: RabbitService,
    postgres_server: PrivatePostgres,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Each answers a client; its answer goes into the report, and from there into the table."""
    address = parse_url(rabbit.management_url)
    overview = urllib3.request(
        "GET",
        f"http://{address.host}:{address.port}/api/overview",
        headers=urllib3.make_headers(basic_auth=address.auth),
        timeout=10,
    )
    with psycopg.connect(postgres_server.url.replace("+psycopg", "")) as connection:
        server = connection.execute("SHOW server_version").fetchone()
    assert server is not None
    record_testsuite_property("rabbitmq", json.loads(overview.data)["rabbitmq_version"])
    record_testsuite_property("postgresql", server[0].split()[0])
    record_testsuite_property("python", platform.python_version())
