"""A message of which the process dies: real processes that really die, each started anew.

The hub is put together as ever; only the handler of the records ends the process with SIGKILL when
it meets one certain message, as the kernel does when memory is short.
"""

import signal
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec
import pytest

from hub.bootstrap.installation import open_store
from hub.broker.admin import declare
from hub.broker.rabbit.broker import RabbitBroker
from hub.broker.topology import TOPOLOGY
from hub.drill.sandbox import loopback
from hub.exchange.intake.accept import Intake
from hub.exchange.outbox.relay import Relay
from hub.messages import catalog, queues
from hub.messages import payloads as p
from hub.operations import parked_messages
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.messages import journal, outbox
from hub.store.messages.blobs import BlobStore
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers
from tests.integration.poison import mortal_hub
from tests.support.database.stores import lay_store
from tests.support.services import RabbitService
from tests.support.ward import MONDAY, NUMBER, reception
from tests.support.works import now

NUMBERS = [NUMBER[:-1] + str(n) for n in range(1, 6)]
FAR = timedelta(days=1)


def life(settings: Settings, store: Store, deadly: str) -> int | None:
    """Run the hub until it dies or nothing waits to be handled; return how it ended."""
    process, told = mortal_hub.start(settings, deadly)
    try:
        _follow(process, told, store)
        process.join(60)
    finally:
        process.kill()  # where the test has failed; else it has ended
    return process.exitcode


def _follow(process: BaseProcess, told: Connection, store: Store) -> None:
    with suppress(EOFError), told:
        while told.recv_bytes():
            with store.read() as tx:
                if work_counts.unhandled_count(tx) == 0:
                    process.terminate()


def lives(settings: Settings, store: Store, deadly: str) -> list[int | None]:
    """Start the hub anew whenever it has died, as a supervisor does; return how each life ended."""
    ends = [life(settings, store, deadly)]
    while ends[-1] == -signal.SIGKILL:
        assert len(ends) < 8, "it dies for ever"
        ends.append(life(settings, store, deadly))
    return ends


def accept_five(settings: Settings, store: Store) -> str:
    """Accept five dossiers; return the id of the message about the third."""
    files = BlobStore(Path(settings.data_dir) / "files", limit=100_000)
    intake = Intake(store, files, clock=now)
    ids = []
    for number in NUMBERS:
        payload = msgspec.structs.replace(reception(), number=number)
        ids.append(intake.accept(catalog.compose(payload, time=MONDAY, source="test")).message_id)
    intake.close()
    return ids[2]


def check_that_one_is_parked(store: Store, deadly: str) -> None:
    """The four others are handled; the one is shown, with its code, and not asked for again."""
    with store.write() as tx:
        ((id, _, key, code, reason),) = attention.parked(tx)
        assert (id, key, code) == (deadly, NUMBERS[2], "handler_killed")
        assert "ended or was stopped 2 times" in reason
        known = [number for number in NUMBERS if dossiers.get(tx, number)]
        assert known == [number for number in NUMBERS if number != NUMBERS[2]]
        before = outbox.backlog(tx)
        assert journal.enqueue_lost(tx, recorded_before=now() + FAR, after="") == (0, "")
        assert outbox.backlog(tx) == before


def check_that_it_can_be_retried(settings: Settings, store: Store, deadly: str) -> None:
    """After the upgrade it is handled like any other."""
    parked_messages.retry(store, [deadly], by={"actor": "IT", "reason": "upgraded", "now": now()})
    assert lives(settings, store, "") == [0]
    with store.write() as tx:
        dossier = dossiers.get(tx, NUMBERS[2])
    assert dossier is not None
    assert dossier.status is p.Status.ACCEPTED


@pytest.mark.rabbit
@pytest.mark.postgres
@pytest.mark.slow
def test_on_rabbitmq_five_deaths_end_it(
    rabbit: RabbitService, rabbit_url: str, migrated_postgres_url: str, tmp_path: Path
) -> None:
    """Three with its neighbours, two alone; then it is parked, and nothing is in hub.dead."""
    declare.apply(TOPOLOGY, rabbit_url, rabbit.management_url)
    settings = Settings(
        data_dir=str(tmp_path),
        database_url=migrated_postgres_url,
        broker_url=rabbit_url,
        broker_management_url=rabbit.management_url,
        roles="receive,relay",
    )
    store, broker = open_store(settings), RabbitBroker(rabbit_url)
    deadly = accept_five(settings, store)
    relay, publisher = Relay(store, broker), broker.publisher()
    relay.publish_some(publisher)
    relay.forget()
    assert lives(settings, store, deadly) == [-signal.SIGKILL] * 5 + [0]
    check_that_one_is_parked(store, deadly)
    assert (broker.depth(queues.DEAD), broker.depth(queues.INGEST)) == (0, 0)
    check_that_it_can_be_retried(settings, store, deadly)
    publisher.close()
    broker.close()
    store.close()


@pytest.mark.slow
def test_on_one_machine_without_a_broker_four_deaths_end_it(tmp_path: Path) -> None:
    """Its queue and all counts end with the process; the starts that find the message count."""
    settings = Settings(data_dir=str(tmp_path), http_port=loopback.free_port())
    lay_store(tmp_path)
    store = open_store(settings)
    deadly = accept_five(settings, store)
    assert lives(settings, store, deadly) == [-signal.SIGKILL] * 4 + [0]
    check_that_one_is_parked(store, deadly)
    check_that_it_can_be_retried(settings, store, deadly)
    store.close()
