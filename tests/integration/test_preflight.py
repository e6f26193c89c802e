"""The preflight finds what would lose messages, refuses to start on it, and names the fix."""

import json
import urllib.request
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, urlsplit

import pika
import pytest

from hub import preflight
from hub.broker import declare, probe
from hub.broker.topology import DEAD_LETTERS, TOPOLOGY
from hub.messages.routes import DEAD
from hub.settings import Settings
from tests.support.services import RabbitService


@pytest.fixture
def ready(rabbit: RabbitService, rabbit_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation whose broker is as it should be."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    return Settings(
        data_dir=str(tmp_path),
        broker_url=rabbit_url,
        broker_management_url=rabbit.management_url,
    )


def findings(settings: Settings) -> dict[str, preflight.Check]:
    """Return what is wrong, by subject."""
    return {it.subject: it for it in preflight.examine(settings) if not it.ok}


def change(url: str, work: str, *words: object, **named: object) -> None:
    """Do one thing to the broker behind the hub's back."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    getattr(connection.channel(), work)(*words, **named)
    connection.close()


def test_a_sound_broker_has_no_finding_and_keeps_its_dead_letters(ready: Settings) -> None:
    """The probe goes the whole way and only the probe is taken away."""
    lasting = pika.BasicProperties(message_id="somebody-elses", delivery_mode=2)
    change(ready.broker_url, "basic_publish", "", DEAD, b"{}", lasting)
    assert findings(ready) == {}
    assert probe.dead_letter_route(ready.broker_url) == ""
    connection = pika.BlockingConnection(pika.URLParameters(ready.broker_url))
    channel = connection.channel()
    _, properties, _ = channel.basic_get(DEAD, auto_ack=True)
    assert properties.message_id == "somebody-elses"
    assert channel.basic_get(DEAD)[0] is None
    connection.close()


def test_a_missing_and_a_wrong_queue_refuse_to_start(ready: Settings) -> None:
    """Each with its fix."""
    change(ready.broker_url, "queue_delete", "deliver.provincial")
    found = findings(ready)["queue deliver.provincial"]
    assert found.refuses
    assert "apply" in found.fix
    change(ready.broker_url, "queue_declare", "deliver.provincial", durable=True)
    found = findings(ready)["queue deliver.provincial"]
    assert found.refuses
    assert "delete it" in found.fix


def test_a_policy_that_loses_dead_letters_refuses_to_start(ready: Settings) -> None:
    """At most once instead of at least once, and drop-head instead of reject-publish."""
    vhost = quote(pika.URLParameters(ready.broker_url).virtual_host, safe="")
    parts = urlsplit(ready.broker_management_url)
    login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    body = {
        "pattern": r"^(ingest|deliver)\.",
        "apply-to": "queues",
        "priority": 99,
        "definition": {"dead-letter-exchange": DEAD_LETTERS, "delivery-limit": 10},
    }
    request = urllib.request.Request(
        f"http://{parts.hostname}:{parts.port}/api/policies/{vhost}/stronger",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=10).close()
    refused = [it for it in preflight.examine(ready) if it.refuses]
    assert {it.subject for it in refused} >= {"queue ingest.records"}
    assert any("at-least-once" in it.detail for it in refused)
    assert any("reject-publish" in it.detail for it in refused)
    assert all("apply the topology" in it.fix for it in refused)


def test_a_dead_letter_route_that_is_cut_is_noticed(ready: Settings) -> None:
    """The probe does not arrive; without management nothing else could tell."""
    change(ready.broker_url, "queue_unbind", DEAD, DEAD_LETTERS, routing_key="")
    problem = probe.dead_letter_route(ready.broker_url)
    assert "did not arrive" in problem


def test_the_hourly_look_tells_what_is_wrong_and_goes_on(ready: Settings) -> None:
    """It returns the findings that it logs, none on a sound broker."""
    watch = preflight.Watch(ready)
    assert watch.look() == []
    change(ready.broker_url, "queue_delete", "ingest.records")
    assert "queue ingest.records" in {it.subject for it in watch.look()}
    watch.start()
    watch.stop()
