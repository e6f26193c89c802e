"""The topology at a live broker: what `apply` does, what `plan` sees, what `export` writes."""

import json
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pika
import pytest

from hub.broker.admin.declare import apply, export, plan
from hub.broker.topology import DEAD_LETTERS, EXCHANGE, TOPOLOGY, topology_for
from hub.messages.queues import INGEST, INVALID, deliver_queue
from hub.ports import BrokerUnavailable
from tests.support.services import RabbitService

pytestmark = pytest.mark.rabbit

Ask = Callable[[str, str, Mapping[str, Any]], Any]


@pytest.fixture
def management_url(rabbit: RabbitService) -> str:
    """Address of the management API."""
    return rabbit.management_url


@pytest.fixture
def ask(management_url: str, rabbit_url: str) -> Ask:
    """Reads or changes the broker behind the hub's back; `{vhost}` in the path is the test's."""
    address = urlsplit(management_url)
    login = b64encode(f"{address.username}:{address.password}".encode()).decode()
    vhost = quote(pika.URLParameters(rabbit_url).virtual_host, safe="")

    def call(method: str, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(
            f"http://{address.hostname}:{address.port}/api/{path.format(vhost=vhost)}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"content-type": "application/json", "authorization": f"Basic {login}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    return call


def subjects(url: str, management_url: str) -> dict[str, str]:
    """Return what differs, with what is there instead."""
    found = plan(TOPOLOGY, url, management_url)
    return {difference.subject: difference.actual for difference in found.differences}


def test_apply_brings_it_about_and_can_be_repeated(rabbit_url: str, management_url: str) -> None:
    """Empty before, no difference after, none after the second time."""
    before = plan(TOPOLOGY, rabbit_url, management_url)
    assert {"exchange hub", f"queue {INGEST}", "binding hub.dlx -> hub.dead"} <= {
        difference.subject for difference in before.differences
    }
    for _ in range(2):
        assert apply(TOPOLOGY, rabbit_url, management_url).clean
        after = plan(TOPOLOGY, rabbit_url, management_url)
        assert (after.differences, after.unchecked) == ((), ())


def test_without_management_it_says_what_it_did_not_see(rabbit_url: str) -> None:
    """Queues and exchanges are created and found, policies and bindings are not vouched for."""
    missing = plan(TOPOLOGY, rabbit_url)
    assert len(missing.differences) == len(TOPOLOGY.exchanges) + len(TOPOLOGY.queues)
    applied = apply(TOPOLOGY, rabbit_url)
    assert applied.clean
    assert "policies" in applied.unchecked[0]


def test_a_new_destination_only_adds(rabbit_url: str, management_url: str) -> None:
    """What an earlier topology has created stays, and disturbs nothing."""
    assert apply(TOPOLOGY, rabbit_url, management_url).clean
    more = topology_for("provincial", "town_center", "devices", "archive")
    found = plan(more, rabbit_url, management_url)
    assert {difference.subject for difference in found.differences} == {
        "queue deliver.archive",
        "binding hub -> deliver.archive",
    }
    assert apply(more, rabbit_url, management_url).clean


def test_a_policy_that_decides_instead_of_ours_is_seen(
    rabbit_url: str, management_url: str, ask: Ask
) -> None:
    """The effective policy counts, not the one that we have set: one of a higher priority wins."""
    assert apply(TOPOLOGY, rabbit_url, management_url).clean
    ask(
        "PUT",
        "policies/{vhost}/other",
        {"pattern": "^ingest", "priority": 99, "definition": {"max-length": 5}, "apply-to": "all"},
    )
    found = plan(TOPOLOGY, rabbit_url, management_url).differences
    assert {difference.subject for difference in found} == {f"queue {INGEST}"}
    told = "\n".join(map(str, found))
    for word in ("dead-letter-strategy", "overflow", "delivery-limit", "max-length = 5", "other"):
        assert word in told
    assert not apply(TOPOLOGY, rabbit_url, management_url).clean


def test_a_policy_under_its_former_name_is_removed(
    rabbit_url: str, management_url: str, ask: Ask
) -> None:
    """Two of one priority would leave it to the broker which limits hold; those of others stay."""
    for name in ("hub-parked", "of another application"):
        ask(
            "PUT",
            f"policies/{{vhost}}/{name.replace(' ', '%20')}",
            {
                "pattern": r"^hub\.(dead|invalid)$",
                "priority": 10 if name == "hub-parked" else 0,
                "definition": {"max-length": 1},
                "apply-to": "queues",
            },
        )
    for _ in range(2):  # also where it is gone already
        assert apply(TOPOLOGY, rabbit_url, management_url).clean
    names = {policy["name"] for policy in ask("GET", "policies/{vhost}", {})}
    assert names == {"hub-work", "hub-dead-letters", "of another application"}


def test_an_operator_policy_is_seen(rabbit_url: str, management_url: str, ask: Ask) -> None:
    """It adds to ours: a TTL would let messages vanish."""
    assert apply(TOPOLOGY, rabbit_url, management_url).clean
    ask(
        "PUT",
        "operator-policies/{vhost}/house",
        {
            "pattern": "^hub",
            "priority": 1,
            "definition": {"message-ttl": 1000, "max-length": 2_000_000},
            "apply-to": "queues",
        },
    )
    assert subjects(rabbit_url, management_url) == {
        "queue hub.dead": "message-ttl = 1000 by policy hub-dead-letters",
        f"queue {INVALID}": "message-ttl = 1000 by policy hub-dead-letters",
    }


def test_an_alternate_exchange_is_seen(rabbit_url: str, management_url: str, ask: Ask) -> None:
    """It would hide every unroutable message, by policy as by argument."""
    assert apply(TOPOLOGY, rabbit_url, management_url).clean
    ask(
        "PUT",
        "policies/{vhost}/ae",
        {
            "pattern": f"^{EXCHANGE}$",
            "definition": {"alternate-exchange": "amq.fanout"},
            "apply-to": "exchanges",
        },
    )
    assert subjects(rabbit_url, management_url) == {"exchange hub": "alternate exchange amq.fanout"}


def test_things_in_another_form_are_seen_and_left_alone(
    rabbit_url: str, management_url: str
) -> None:
    """A classic queue, one with arguments, another type of exchange, a foreign binding."""
    with pika.BlockingConnection(pika.URLParameters(rabbit_url)) as connection:
        channel = connection.channel()
        channel.queue_declare(INGEST, durable=True, arguments={"x-queue-type": "classic"})
        channel.queue_declare(
            INVALID, durable=True, arguments={"x-queue-type": "quorum", "x-max-length": 7}
        )
        channel.exchange_declare(DEAD_LETTERS, "topic", durable=True)
        channel.exchange_declare(EXCHANGE, "direct", durable=True)
        channel.queue_declare("spy", durable=True)
        channel.queue_bind("spy", EXCHANGE, INGEST)
    left = apply(TOPOLOGY, rabbit_url, management_url)
    told = {difference.subject: str(difference) for difference in left.differences}
    assert len(told) == len(left.differences)
    assert told.keys() == {
        f"queue {INGEST}",
        f"queue {INVALID}",
        f"exchange {DEAD_LETTERS}",
        "binding hub -> spy",
    }
    assert "classic" in told[f"queue {INGEST}"]
    assert "x-max-length = 7" in told[f"queue {INVALID}"]
    assert "topic" in told[f"exchange {DEAD_LETTERS}"]
    assert all(difference.fix for difference in left.differences)


def test_another_form_is_seen_without_management_too(rabbit_url: str) -> None:
    """The broker refuses the declaration; that is told, not raised."""
    with pika.BlockingConnection(pika.URLParameters(rabbit_url)) as connection:
        queue = deliver_queue("provincial")
        connection.channel().queue_declare(
            queue, durable=True, arguments={"x-queue-type": "classic"}
        )
    [difference] = apply(TOPOLOGY, rabbit_url).differences
    assert difference.subject == f"queue {queue}"
    assert "x-queue-type" in difference.actual


def test_the_exported_definitions_are_the_topology(
    rabbit_url: str, management_url: str, ask: Ask
) -> None:
    """Imported by the broker itself, nothing differs."""
    vhost = pika.URLParameters(rabbit_url).virtual_host
    ask("POST", "definitions", json.loads(export(TOPOLOGY, vhost)))
    assert plan(TOPOLOGY, rabbit_url, management_url).clean


def test_a_broker_that_is_not_there_is_unavailable(rabbit_url: str, management_url: str) -> None:
    """For AMQP as for the management API; no address or password is in the text."""
    for broker, management in (
        ("amqp://someone:secret@127.0.0.1:1/", ""),
        (rabbit_url, "http://someone:secret@127.0.0.1:1"),
        (rabbit_url, management_url.replace("@", "wrong@")),
    ):
        with pytest.raises(BrokerUnavailable) as caught:
            plan(TOPOLOGY, broker, management)
        assert "secret" not in str(caught.value)


def test_a_changed_policy_is_applied(rabbit_url: str, management_url: str) -> None:
    """A limit can be changed while messages are in the queue: it is no argument of the queue."""
    assert apply(TOPOLOGY, rabbit_url, management_url).clean
    tighter = replace(
        TOPOLOGY, policies=tuple(replace(it, max_length=3) for it in TOPOLOGY.policies)
    )
    assert not plan(tighter, rabbit_url, management_url).clean
    assert apply(tighter, rabbit_url, management_url).clean
