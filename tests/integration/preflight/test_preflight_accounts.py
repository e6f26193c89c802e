"""Accounts of the broker with few rights: the hub works with what somebody else has made, and says
what it cannot see."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
import pika
import pytest
import urllib3

from hub import preflight
from hub.broker.admin import declare, ownership
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.messages.queues import INGEST
from hub.ports import Confirm, Outgoing
from hub.settings import Settings
from hub.texts import text
from tests.support.database.stores import lay_store
from tests.support.services import RabbitService

OURS = "^(hub|ingest|deliver)([.]|$)"
NARROW = {"configure": "", "write": OURS, "read": OURS}
Account = Callable[..., Settings]


@pytest.fixture
def account(rabbit: RabbitService, rabbit_url: str, tmp_path: Path) -> Account:
    """Make the settings of a hub whose account at the broker has these tags and rights."""

    def make(*, tags: str = "", rights: dict[str, str] | None = None, seeing: bool) -> Settings:
        name, vhost = f"narrow-{secrets.token_hex(4)}", pika.URLParameters(rabbit_url).virtual_host
        admin = urlsplit(rabbit.management_url)
        base = f"http://{admin.hostname}:{admin.port}/api"
        login = urllib3.make_headers(basic_auth=f"{admin.username}:{admin.password}")
        for path, body in (
            (f"users/{name}", {"password": name, "tags": tags}),
            (f"permissions/{quote(vhost, safe='')}/{name}", rights or NARROW),
        ):
            reply = urllib3.request(
                "PUT",
                f"{base}/{path}",
                body=json.dumps(body).encode(),
                headers=login | {"content-type": "application/json"},
            )
            assert reply.status in (201, 204), reply.data
        parts = urlsplit(rabbit_url)
        own = parts._replace(netloc=f"{name}:{name}@{parts.hostname}:{parts.port}").geturl()
        management = f"http://{name}:{name}@{admin.hostname}:{admin.port}" if seeing else ""
        settings = Settings(
            data_dir=str(tmp_path),
            broker_url=own,
            broker_management_url=management,
            broker_policies="trusted",
        )
        lay_store(tmp_path)
        return settings

    return make


def findings(settings: Settings) -> dict[str, preflight.Check]:
    """Return what is wrong, by subject, but for the age of the broker."""
    found = {it.subject: it for it in preflight.examine(settings) if not it.ok}
    found.pop("broker version", None)
    return found


def test_an_account_that_may_not_configure_works_with_what_is_there(
    account: Account, rabbit: RabbitService, rabbit_url: str
) -> None:
    """It publishes, confirmed, and consumes; nothing fatal is found, what is not seen is named."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    settings = account(seeing=False)
    found = findings(settings)
    assert not [it for it in found.values() if it.fatal]
    assert "queue ingest.records" in found["broker account"].detail
    assert set(found) >= {"broker account", "broker policies", "dead letters"}
    assert not [it for it in found.values() if "delete" in f"{it.detail} {it.fix}"]
    with pytest.raises(ownership.MayNotMark):
        ownership.claim(settings.broker_url, "0" * 32)
    assert declare.apply(TOPOLOGY, settings.broker_url).clean
    broker = RabbitBroker(settings.broker_url)
    publisher, consumer = broker.publisher(), broker.consumer(INGEST, prefetch=10)
    out = Outgoing(routing_key=INGEST, body=b"{}", message_id="m-1")
    assert publisher.publish([out], timeout=timedelta(seconds=10)) == [Confirm.CONFIRMED]
    (got,) = consumer.receive(10, wait=timedelta(seconds=10))
    consumer.ack([got])
    publisher.close()
    consumer.close()
    broker.close()


def test_what_an_account_may_not_make_is_missing_with_the_fix(account: Account) -> None:
    """On an empty virtual host: who must do what, and the hub does not start."""
    found = findings(account(seeing=False))
    assert found["queue ingest.records"].fatal
    plan = declare.apply(TOPOLOGY, account(seeing=False).broker_url)
    fixes = {it.fix for it in plan.differences if it.subject == "queue ingest.records"}
    assert fixes <= {text("broker_checks.may_not_make"), text("broker_checks.apply")}
    assert fixes


@pytest.mark.parametrize("tags", ["monitoring", "management"])
def test_an_account_that_may_not_see_policies_is_told_so_and_starts(
    account: Account, rabbit: RabbitService, rabbit_url: str, tags: str
) -> None:
    """What such an account does see is compared."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    everything = dict.fromkeys(("configure", "write", "read"), ".*")
    settings = account(tags=tags, rights=everything, seeing=True)
    plan = declare.apply(TOPOLOGY, settings.broker_url, settings.broker_management_url)
    assert plan.clean
    assert any("policies were not set" in note for note in plan.unseen)
    assert not [it for it in findings(settings).values() if it.fatal]


def test_a_management_account_without_any_right_is_told_and_amqp_is_looked_at(
    account: Account, rabbit: RabbitService, rabbit_url: str
) -> None:
    """No tag at all: the policies are unseen, and that refuses unless they are trusted."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    everything = dict.fromkeys(("configure", "write", "read"), ".*")
    settings = account(rights=everything, seeing=True)
    found = findings(settings)
    assert "the account may not GET" in found["broker policies"].detail
    assert not found["broker policies"].fatal
    strict = msgspec.structs.replace(settings, broker_policies="checked")
    assert findings(strict)["broker policies"].fatal
