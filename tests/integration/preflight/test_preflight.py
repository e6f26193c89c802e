"""The preflight finds what would lose messages, refuses to start on it, and names the fix."""

import json
import urllib.request
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
import pika
import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub import preflight
from hub.broker.admin import declare, probe
from hub.broker.topology import DEAD_LETTERS, TOPOLOGY
from hub.messages.queues import DEAD
from hub.preflight.check import from_text
from hub.settings import Settings
from tests.support.database.stores import lay_store
from tests.support.partners.province import PASSWORD, USERNAME, start_province
from tests.support.partners.town import running_town
from tests.support.partners.town import settings_for as town_settings_for
from tests.support.services import RabbitService


@pytest.fixture
def ready(rabbit: RabbitService, rabbit_url: str, tmp_path: Path) -> Settings:
    """Settings of an installation whose broker is as it should be."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    settings = Settings(
        data_dir=str(tmp_path),
        broker_url=rabbit_url,
        broker_management_url=rabbit.management_url,
    )
    lay_store(tmp_path)
    return settings


CLASSIC = {"durable": True, "arguments": {"x-queue-type": "classic"}}
"""A queue of the wrong kind. Answer outright: what a virtual host makes by default differs."""
OLD = {"broker version"}
"""What is found at a sound broker of a line that nobody fixes any more, such as Debian's."""


def findings(settings: Settings) -> dict[str, preflight.Check]:
    """Return what is wrong, by subject."""
    return {it.subject: it for it in preflight.examine(settings) if not it.ok}


def put_policy(settings: Settings, name: str, body: dict[str, object]) -> None:
    """Set a policy behind the hub's back."""
    vhost = quote(pika.URLParameters(settings.broker_url).virtual_host, safe="")
    parts = urlsplit(settings.broker_management_url)
    login = b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{parts.hostname}:{parts.port}/api/policies/{vhost}/{name}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=10).close()


def change(url: str, work: str, *words: object, **named: object) -> None:
    """Do one thing to the broker behind the hub's back."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    getattr(connection.channel(), work)(*words, **named)
    connection.close()


def test_a_sound_broker_has_no_finding_and_keeps_its_dead_letters(ready: Settings) -> None:
    """The probe goes the whole way and only the probe is taken away."""
    lasting = pika.BasicProperties(message_id="somebody-elses", delivery_mode=2)
    change(ready.broker_url, "basic_publish", "", DEAD, b"{}", lasting)
    assert set(findings(ready)) <= OLD
    assert not any(it.refuses for it in preflight.examine(ready))
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
    change(ready.broker_url, "queue_declare", "deliver.provincial", **CLASSIC)
    found = findings(ready)["queue deliver.provincial"]
    assert found.refuses
    assert "docs/runbook" in found.fix
    assert "delete" not in found.fix


def test_a_policy_that_loses_dead_letters_refuses_to_start(ready: Settings) -> None:
    """At most once instead of at least once, and drop-head instead of reject-publish."""
    body: dict[str, object] = {
        "pattern": r"^(ingest|deliver)\.",
        "apply-to": "queues",
        "priority": 99,
        "definition": {"dead-letter-exchange": DEAD_LETTERS, "delivery-limit": 10},
    }
    put_policy(ready, "stronger", body)
    refused = [it for it in preflight.examine(ready) if it.refuses]
    assert {it.subject for it in refused} >= {"queue ingest.records"}
    assert any("at-least-once" in it.detail for it in refused)
    assert any("reject-publish" in it.detail for it in refused)
    assert all("hub topology apply" in it.fix for it in refused)


def test_a_dead_letter_route_that_is_cut_is_noticed(ready: Settings) -> None:
    """The probe does not arrive; without management nothing else could tell."""
    change(ready.broker_url, "queue_unbind", DEAD, DEAD_LETTERS, routing_key="")
    problem = probe.dead_letter_route(ready.broker_url, within=timedelta(seconds=1))
    assert "did not arrive" in problem


def test_the_hourly_look_tells_what_is_wrong_and_goes_on(ready: Settings) -> None:
    """It returns the findings that it logs, none on a sound broker."""
    kept: list[str] = []
    watch = preflight.Watch(ready, keep=kept.append)
    assert {it.subject for it in watch.check_now()} <= OLD
    change(ready.broker_url, "queue_delete", "ingest.records")
    assert "queue ingest.records" in {it.subject for it in watch.check_now()}
    assert len(kept) == 2
    assert "queue ingest.records" in {it.subject for it in from_text(kept[-1]) if not it.ok}


def test_what_is_looked_at(ready: Settings) -> None:
    """Everything that the runbook names has its line, also when it is good."""
    subjects = {it.subject for it in preflight.examine(ready)}
    assert subjects >= {
        "disk",
        "database",
        "database clock",
        "topology",
        "broker version",
        "broker owner",
        "broker",
        "broker clock",
        "consumer timeout",
        "dead letters",
        "message size",
    }


def test_without_a_management_address_amqp_shows_the_kind_and_the_route(ready: Settings) -> None:
    """A classic queue in the place of a quorum queue is found by AMQP alone, and nothing is made
    by looking."""
    blind = msgspec.structs.replace(ready, broker_management_url="", broker_policies="trusted")
    found = findings(blind)
    assert set(found) <= {*OLD, "broker policies"}
    assert not any(it.refuses for it in found.values())
    change(blind.broker_url, "queue_delete", "deliver.provincial")
    assert findings(blind)["queue deliver.provincial"].refuses
    assert findings(blind)["queue deliver.provincial"].refuses, "looking must not make it"
    change(blind.broker_url, "queue_declare", "deliver.provincial", **CLASSIC)
    found = findings(blind)
    assert found["queue deliver.provincial"].refuses
    assert "dead letters" not in found


def test_policies_that_nobody_can_see_refuse_unless_they_are_trusted(ready: Settings) -> None:
    """Whether dead letters are kept cannot be tried from outside."""
    blind = msgspec.structs.replace(ready, broker_management_url="")
    found = findings(blind)["broker policies"]
    assert found.refuses
    assert "HUB_BROKER_POLICIES=trusted" in found.fix


def test_a_consumer_timeout_of_a_queue_is_held_against_our_longest_wait(
    ready: Settings, tmp_path: Path
) -> None:
    """Shorter than a lease warns, shorter than one call refuses, and the queue is named."""
    with start_province(tmp_path) as province:
        settings = msgspec.structs.replace(
            ready,
            province_url=province.url,
            province_username=USERNAME,
            province_password=PASSWORD,
            reply_timeout=60.0,
        )
        subject, queue = "consumer timeout of deliver.provincial", "deliver.provincial"
        for milliseconds, good, refuses in (
            (3_600_000, True, False),
            (120_000, False, False),
            (30_000, False, True),
        ):
            # By argument, because brokers before 3.11.15 refuse the word in a policy.
            change(ready.broker_url, "queue_delete", queue)
            words = {"x-queue-type": "quorum", "x-consumer-timeout": milliseconds}
            change(ready.broker_url, "queue_declare", queue, durable=True, arguments=words)
            (found,) = [it for it in preflight.examine(settings) if it.subject == subject]
            assert (found.ok, found.refuses) == (good, refuses)


def test_a_partner_whose_clock_is_wrong_is_named_and_does_not_stop_the_hub(
    tmp_path: Path,
) -> None:
    """Both partners, by the Date of their answers; a right clock is said to be right."""
    with start_province(tmp_path) as province, running_town(tmp_path) as (hub, town):
        town_settings = town_settings_for(town.url, hub.url)
        settings = Settings(
            data_dir=str(tmp_path / "hub"),
            province_url=province.url,
            province_username=USERNAME,
            province_password=PASSWORD,
            town_url=town.url,
            town_client_id=town_settings.client_id,
            town_client_secret=town_settings.client_secret,
            town_callback_secret=town_settings.callback_secret,
            file_token="x",
        )
        clocks = {"provincial clock", "town_center clock"}
        good = [it for it in preflight.examine(settings) if it.subject in clocks]
        assert [it.ok for it in good] == [True, True]
        for partner in (province, town):
            partner.set_faults([Fault(kind=FaultKind.CLOCK_AHEAD, seconds=600.0)])
        wrong = findings(settings)
        assert clocks <= set(wrong)
        assert not any(it.refuses for it in wrong.values())
        assert "ahead of" in wrong["town_center clock"].detail
        assert (
            "600" in wrong["provincial clock"].detail or "599" in wrong["provincial clock"].detail
        )


def test_a_process_without_broker_roles_is_only_told_that_the_broker_is_away(
    tmp_path: Path,
) -> None:
    """The same finding stops a relay."""
    settings = Settings(data_dir=str(tmp_path), broker_url="amqp://a:b@127.0.0.1:1/")
    for roles, refuses in (("gateway,sources", False), ("timer", False), ("gateway,relay", True)):
        found = findings(msgspec.structs.replace(settings, roles=roles))["broker"]
        assert found.refuses is refuses
        assert ("outbox" in found.detail) is not refuses
