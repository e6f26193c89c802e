"""Demo and tests play in a virtual host of their own, or not at all."""

import json
import os
import subprocess
import sys
import urllib.request
from base64 import b64encode
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest
from rich.console import Console

from hub.broker.admin import declare
from hub.broker.admin.own_vhost import NoOwnVhost, own_vhost
from hub.broker.topology import TOPOLOGY
from hub.drill.pilot import run as pilot
from hub.messages.queues import INGEST
from tests.support.services import RabbitService


def vhosts(management_url: str) -> set[str]:
    """Return the virtual hosts of the broker."""
    parts = urlsplit(management_url)
    login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{parts.hostname}:{parts.port}/api/vhosts",
        headers={"authorization": f"Basic {login}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return {it["name"] for it in json.load(answer)}


def test_a_virtual_host_is_made_for_a_run_and_removed_again(
    rabbit: RabbitService, rabbit_url: str
) -> None:
    """Also when the run fails; the account of the address may do everything in it."""
    before = vhosts(rabbit.management_url)
    with (
        pytest.raises(RuntimeError, match="the run failed"),
        own_vhost(rabbit_url, rabbit.management_url, prefix="hub-demo") as url,
    ):
        made = vhosts(rabbit.management_url) - before
        assert [name.startswith("hub-demo-") for name in made] == [True]
        assert declare.apply(TOPOLOGY, url, rabbit.management_url).clean
        raise RuntimeError("the run failed")
    assert vhosts(rabbit.management_url) == before


def test_all_addresses_of_a_cluster_lead_into_the_same_virtual_host(
    rabbit: RabbitService, rabbit_url: str
) -> None:
    """Whichever node is dialled."""
    both = f"{rabbit_url},{rabbit_url}"
    with own_vhost(both, rabbit.management_url, prefix="hub-demo") as url:
        one, other = url.split(",")
        assert one == other != rabbit_url


def test_where_no_virtual_host_can_be_made_a_sentence_says_what_to_do(
    rabbit: RabbitService, rabbit_url: str
) -> None:
    """No address of the management, a wrong password there, nobody there: nothing is yielded."""
    wrong = rabbit.management_url.replace("@", "wrong@")
    for management_url in ("", wrong, "http://a:b@127.0.0.1:1"):
        with (
            pytest.raises(NoOwnVhost, match=r"Nothing was touched.*unset HUB_BROKER_URL"),
            own_vhost(rabbit_url, management_url, prefix="hub-demo"),
        ):
            raise AssertionError("it must not come here")


def test_the_demo_touches_nothing_in_the_virtual_host_where_a_hub_works(
    rabbit: RabbitService, rabbit_url: str, tmp_path: Path
) -> None:
    """What waits there still waits, nothing came in, and the demo's own place is gone."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    with pika.BlockingConnection(pika.URLParameters(rabbit_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", INGEST, b"of the live hub")
    before = vhosts(rabbit.management_url)
    options = pilot.Options(
        directory=tmp_path / "demo",
        dossiers=2,
        faults=False,
        broker_url=rabbit_url,
        broker_management_url=rabbit.management_url,
    )
    report = pilot.run(options, Console(file=StringIO(), width=120))
    assert (report["problems"], report["broker"]) == ([], "rabbitmq")
    assert vhosts(rabbit.management_url) == before
    with pika.BlockingConnection(pika.URLParameters(rabbit_url)) as connection:
        depths = {
            queue.name: connection.channel()
            .queue_declare(queue.name, passive=True)
            .method.message_count
            for queue in TOPOLOGY.queues
        }
    assert depths == {**dict.fromkeys(depths, 0), INGEST: 1}


def test_tests_refuse_a_broker_where_they_can_make_no_virtual_host() -> None:
    """A developer's exported address alone ends pytest before any test, with the sentence."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "tests/unit/documents/test_compose.py",
    ]
    environment = {**os.environ, "HUB_BROKER_URL": "amqp://a:b@127.0.0.1:1/"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "unset HUB_BROKER_URL" in done.stderr
