"""The page of the queues, over a real RabbitMQ and without one."""

import threading
import time
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import BasicProperties

from hub.broker.admin import declare, figures
from hub.broker.admin.declare import vhost_of
from hub.broker.admin.management import Management
from hub.broker.admin.rejected_messages import fingerprint, in_hand
from hub.broker.rabbit.target import Target
from hub.broker.topology import TOPOLOGY
from hub.console.frame.sent_form import new_form_id
from hub.messages.queues import DEAD, INGEST, INVALID
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.operations.signed_by import SignedBy
from hub.ports import BrokerUnavailable
from hub.rules.failures.errors import FAULTS
from hub.rules.users.approvals import ApprovalState
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import approvals
from hub.texts import both
from tests.contract.console.conftest import Look
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import forms_without_session, person
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.services import RabbitService
from tests.support.users import add_user
from tests.support.works import now


def test_without_rabbitmq_the_page_says_where_the_queues_are(
    look: Look, sqlite_store: Store
) -> None:
    """With what each queue is for, and no figure made up."""
    page = look(sqlite_store).get("/queues").text
    assert "The hub has its in-process broker" in page
    assert "deliveries to the province" in page
    assert "0 messages wait to be published." in page


def test_queues_are_not_for_a_partner(look: Look, sqlite_store: Store) -> None:
    """They concern the installation as a whole."""
    town = look(sqlite_store, scope=Scope(partners=frozenset({"town_center"})))
    assert town.get("/queues").status_code == 403


def test_a_broker_that_is_away_is_told_with_the_time(look: Look, sqlite_store: Store) -> None:
    """And the page is there."""
    browser = look(sqlite_store, broker_url="amqp://guest:guest@127.0.0.1:1/")
    answer = browser.get("/queues")
    assert answer.status_code == 200
    assert "RabbitMQ did not answer at" in answer.text


def test_figures_come_from_the_broker_itself(rabbit: RabbitService, rabbit_url: str) -> None:
    """By passive declares: ready messages, consumers, and which queue is missing."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    found = figures.read(TOPOLOGY, rabbit_url)
    assert [it.name for it in found.queues] == [it.name for it in TOPOLOGY.queues]
    assert {(it.present, it.ready, it.consumers) for it in found.queues} == {(True, 0, 0)}
    assert not found.complete


def confirming_channel(url: str) -> BlockingChannel:
    """Return a channel on which a publish returns when the broker has taken the message."""
    channel = declare.open_blocking(Target.parse(url), "test").channel()
    channel.confirm_delivery()
    return channel


def wait_until_counted(rabbit: RabbitService, url: str) -> None:
    """Return when the broker's statistics have a message of `hub.invalid`: a second at most.

    It gathers them by its own clock and gives no signal.
    """
    management = Management(rabbit.management_url, vhost_of(Target.parse(url)))
    deadline, tick = time.monotonic() + 30, threading.Event()
    while not any(it["name"] == INVALID and it.get("messages_ready") for it in management.queues()):
        assert time.monotonic() < deadline
        tick.wait(0.1)
    management.close()


def test_what_lies_in_hub_invalid_is_shown_and_stays(
    look: Look, sqlite_store: Store, rabbit: RabbitService, rabbit_url: str
) -> None:
    """By the management API, without the content; twice read it is still there."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    channel = confirming_channel(rabbit_url)
    channel.basic_publish("hub", INVALID, b"secret words")
    channel.connection.close()
    wait_until_counted(rabbit, rabbit_url)
    for _ in range(2):
        found = figures.read(TOPOLOGY, rabbit_url, rabbit.management_url)
        assert found.complete
        assert [(it.queue, it.size) for it in found.peeked] == [(INVALID, 12)]
    browser = look(sqlite_store, broker_url=rabbit_url, management_url=rabbit.management_url)
    page = browser.get("/queues").text
    assert "hub.invalid</code></td>" in page
    assert "secret" not in page


def test_no_broker_is_an_error_of_its_own() -> None:
    """Which the page turns into words."""
    with pytest.raises(BrokerUnavailable):
        figures.read(TOPOLOGY, "amqp://guest:guest@127.0.0.1:1/")


def test_a_message_of_hub_dead_goes_back_to_its_queue_once(
    look: Look, sqlite_store: Store, rabbit: RabbitService, rabbit_url: str
) -> None:
    """The one that was chosen; a second person is told that it is gone; the audit has both."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    channel = confirming_channel(rabbit_url)
    for body in (b"first", b"second"):
        channel.basic_publish("", DEAD, body, BasicProperties(message_id=body.decode()))
    chosen = fingerprint(b"second", 6, "second")
    browser = BrowserSession(look(sqlite_store, broker_url=rabbit_url, more=forms_without_session))
    form = {"message": chosen, "to": INGEST, "reason": "the program is repaired"}
    answers = [
        browser.post(f"/queues/messages/{DEAD}/back", {**form, "form_id": new_form_id()})
        for _ in range(2)
    ]
    assert [it.status_code for it in answers] == [303, 409]
    assert "is not in hub.dead any more" in answers[1].text
    _, properties, body = channel.basic_get(INGEST)
    assert (properties.message_id, body) == ("second", b"second")
    assert channel.basic_get(DEAD)[2] == b"first"
    channel.connection.close()
    with sqlite_store.read() as tx:
        audited = tx.execute(sa.select(audit.c.object)).scalars().all()
    assert audited == [f"{DEAD} {chosen} to {INGEST}"] * 2


@pytest.mark.parametrize(("queue", "to"), [(DEAD, DEAD), (INGEST, INGEST), (DEAD, "elsewhere")])
def test_a_message_goes_only_from_where_people_look_to_work(
    look: Look, sqlite_store: Store, queue: str, to: str
) -> None:
    """Whatever a form says; the broker is not asked."""
    url = "amqp://guest:guest@127.0.0.1:1/"
    browser = BrowserSession(look(sqlite_store, broker_url=url, more=forms_without_session))
    form = {"message": "x", "to": to, "reason": "tried", "form_id": new_form_id()}
    answer = browser.post(f"/queues/messages/{queue}/back", form)
    assert answer.status_code == 409
    assert "is no work queue" in answer.text


def test_a_message_of_hub_invalid_is_discarded_by_two_persons(
    look: Look, sqlite_store: Store, rabbit: RabbitService, rabbit_url: str
) -> None:
    """The page says why it lies there; proposed it stays, approved it alone is gone."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    channel = confirming_channel(rabbit_url)
    for body in (b"first", b"second"):
        properties = BasicProperties(message_id=body.decode(), type="invalid.json_broken")
        channel.basic_publish("", INVALID, body, properties)
    wait_until_counted(rabbit, rabbit_url)
    urls = {"broker_url": rabbit_url, "management_url": rabbit.management_url}
    for name in ("binh", "an"):
        add_user(sqlite_store, name, role=UserRole.HEAD, now=now())
    binh = BrowserSession(look(sqlite_store, **urls))
    page = binh.get("/queues")
    assert FAULTS["json_broken"].text.en in page.text
    chosen = fingerprint(b"second", 6, "second")
    form = {"message": chosen, "reason": "a foreign program", "form_id": new_form_id()}
    proposed = binh.post(f"/queues/messages/{INVALID}/discard", form)
    assert "Proposed, number 1." in binh.get(proposed.headers["location"]).text
    an = BrowserSession(look(sqlite_store, name="an", **urls))
    inbox = an.get("/approvals")
    assert "hub.invalid: second, 6 bytes, invalid.json_broken" in inbox.text
    approve = forms_of(inbox)["approve"]
    done = an.post(approve.path, approve.filled(reason="I agree"))
    assert "approved and done" in an.get(done.headers["location"]).text
    assert channel.basic_get(INVALID)[2] == b"first"
    assert channel.basic_get(INVALID)[2] is None
    channel.connection.close()


def test_a_proposal_about_a_message_that_is_not_found_stays_open(
    look: Look, sqlite_store: Store, rabbit: RabbitService, rabbit_url: str
) -> None:
    """Where the message is gone, another person has it in hand, or the broker is away."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    for name in ("binh", "an"):
        add_user(sqlite_store, name, role=UserRole.HEAD, now=now())
    binh, an = person(UserRole.HEAD), person(UserRole.HEAD, name="an")
    by: SignedBy = {"actor": "x", "reason": "x", "now": now()}
    id = fingerprint(b"first", 5, "first")
    number = discarding.propose_discard_at_broker(sqlite_store, DEAD, id, "m", who=binh, by=by)
    away = "amqp://guest:guest@127.0.0.1:1/"
    with pytest.raises(ProposalNotDone, match="did not answer"):
        deciding.approve(sqlite_store, number, broker_url=away, who=an, by=by)
    with pytest.raises(ProposalNotDone, match="stays open"):
        deciding.approve(sqlite_store, number, broker_url=rabbit_url, who=an, by=by)
    channel = confirming_channel(rabbit_url)
    channel.basic_publish("", DEAD, b"first", BasicProperties(message_id="first"))
    with in_hand(rabbit_url, DEAD, id) as held:
        assert held is not None
        with pytest.raises(ProposalNotDone, match="stays open"):
            deciding.approve(sqlite_store, number, broker_url=rabbit_url, who=an, by=by)
    ended = deciding.approve(sqlite_store, number, broker_url=rabbit_url, who=an, by=by)
    assert ended.state is ApprovalState.DONE
    assert channel.basic_get(DEAD)[2] is None
    channel.connection.close()


def test_a_discard_that_the_broker_does_not_answer_is_decided_and_says_so(
    look: Look, sqlite_store: Store, rabbit: RabbitService, rabbit_url: str
) -> None:
    """The line is cut when the decision is committed: it stands, and the message is there again."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    channel = confirming_channel(rabbit_url)
    channel.basic_publish("", DEAD, b"first", BasicProperties(message_id="first"))
    for name in ("binh", "an"):
        add_user(sqlite_store, name, role=UserRole.HEAD, now=now())
    chosen = fingerprint(b"first", 5, "first")
    by: SignedBy = {"actor": "x", "reason": "x", "now": now()}
    binh = person(UserRole.HEAD)
    discarding.propose_discard_at_broker(sqlite_store, DEAD, chosen, "first", who=binh, by=by)
    parts = urlsplit(rabbit_url)
    with TcpProxy(parts.hostname or "", parts.port or 0) as line:
        an = BrowserSession(look(sqlite_store, name="an", broker_url=line.instead_of(rabbit_url)))
        approve = forms_of(an.get("/approvals"))["approve"]

        def cut(_connection: object) -> None:
            line.cut()

        sa.event.listen(sqlite_store.engine, "commit", cut)
        done = an.post(approve.path, approve.filled(reason="I agree"))
        sa.event.remove(sqlite_store.engine, "commit", cut)
    assert done.status_code == 303
    assert "propose it again" in an.get(done.headers["location"]).text
    with sqlite_store.read() as tx:
        ended = approvals.numbered(tx, 1)
    assert ended
    assert ended.state is ApprovalState.DONE
    assert ended.outcome == both("approvals.not_acknowledged", queue=DEAD)
    _, _, body = next(channel.consume(DEAD, auto_ack=True, inactivity_timeout=10))
    assert body == b"first"
    channel.connection.close()
