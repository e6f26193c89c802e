"""A hub takes messages only from queues that belong to its own store."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pika
import pytest
from typer.testing import CliRunner

from hub import preflight
from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.bootstrap.installation import id_of, open_store
from hub.broker.admin import declare, ownership
from hub.broker.admin.ownership import OwnedByAnother
from hub.broker.topology import TOPOLOGY
from hub.cli import app, main
from hub.cli.context import system_user
from hub.messages.queues import INGEST
from hub.settings import Settings
from tests.support.database.stores import lay_store
from tests.support.programs.forked import run_forked
from tests.support.services import RabbitService


@pytest.fixture
def ours(rabbit: RabbitService, rabbit_url: str, tmp_path: Path) -> Settings:
    """Settings of a hub that has worked at the broker, where a message waits for it."""
    settings = Settings(
        data_dir=str(tmp_path / "ours"),
        broker_url=rabbit_url,
        broker_management_url=rabbit.management_url,
        http_port=0,
    )
    lay_store(tmp_path / "ours")
    with started(settings):
        pass
    with pika.BlockingConnection(pika.URLParameters(rabbit_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", INGEST, b"waits for its own hub")
    return settings


@contextmanager
def started(settings: Settings) -> Iterator[Hub]:
    """Start a hub without devices, and stop it."""
    hub = build(settings, sources=())
    try:
        hub.start()
        yield hub
    finally:
        hub.stop()


def elsewhere(settings: Settings, directory: Path) -> Settings:
    """Return the settings of a hub with the same broker and another store, which is made."""
    found = msgspec.structs.replace(settings, data_dir=str(directory))
    lay_store(directory)
    return found


def store_id(settings: Settings) -> str:
    """Return the id of an installation's store."""
    store = open_store(settings)
    try:
        return id_of(store)
    finally:
        store.close()


def copy_store(place: Path, to: Path) -> None:
    """Copy an SQLite store by its own means: a copy of the file alone has not what still stands in
    the write-ahead log, as after a stop in which a thread was late.
    """
    with closing(sqlite3.connect(place)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def waiting(settings: Settings) -> int:
    """Return how many messages lie in the queue of the records."""
    with pika.BlockingConnection(pika.URLParameters(settings.broker_url)) as connection:
        count = connection.channel().queue_declare(INGEST, passive=True).method.message_count
        return int(count)


def test_a_hub_with_another_store_takes_nothing_and_names_both(
    ours: Settings, tmp_path: Path
) -> None:
    """The preflight refuses with the fix, and a start without a preflight fails too."""
    theirs = elsewhere(ours, tmp_path / "theirs")
    store_id(theirs)  # gives it one, as a start would
    (found,) = [it for it in preflight.examine(theirs) if it.subject == "broker owner"]
    assert found.refuses
    assert store_id(ours) in found.detail
    assert store_id(theirs) in found.detail
    assert "virtual host of its own" in found.fix
    assert "hub topology adopt" in found.fix
    with pytest.raises(OwnedByAnother), started(theirs):
        pass
    assert waiting(ours) == 1


def test_the_command_run_refuses_queues_of_another_store(ours: Settings, tmp_path: Path) -> None:
    """Exit code 1 with both names; the mark and the queue are as they were."""
    theirs = elsewhere(ours, tmp_path / "theirs")
    own = {
        "COLUMNS": "200",
        "HUB_DATA_DIR": theirs.data_dir,
        "HUB_BROKER_URL": theirs.broker_url,
        "HUB_BROKER_MANAGEMENT_URL": theirs.broker_management_url,
    }
    # A process of its own: it sets up the log.
    done = run_forked(main, ["run"], os.environ | own)
    assert done.returncode == 1
    assert store_id(ours) in done.stdout
    assert store_id(theirs) in done.stdout
    assert waiting(ours) == 1
    assert ownership.owner(ours.broker_url) == store_id(ours)


def test_a_restored_or_moved_copy_of_the_store_is_the_same_store(
    ours: Settings, tmp_path: Path
) -> None:
    """The id lies in the store: a copy in another directory may start and takes what waits."""
    copied = elsewhere(ours, tmp_path / "copied")
    copy_store(Path(ours.data_dir) / "hub.db", Path(copied.data_dir) / "hub.db")
    assert not any(it.refuses for it in preflight.examine(copied))
    with started(copied):
        pass


def test_a_broker_that_lost_its_mark_is_claimed_again(ours: Settings) -> None:
    """An emptied or replaced broker has no owner; the next start makes everything anew."""
    with pika.BlockingConnection(pika.URLParameters(ours.broker_url)) as connection:
        connection.channel().exchange_delete(ownership.MARK)
    (found,) = [it for it in preflight.examine(ours) if it.subject == "broker owner"]
    assert (found.ok, found.detail) == (True, "nobody yet")
    with started(ours):
        assert ownership.owner(ours.broker_url) == store_id(ours)


def test_adopting_is_explicit_and_audited(
    ours: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Afterwards the new hub starts, and the former store's hub is refused."""
    theirs = elsewhere(ours, tmp_path / "theirs")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HUB_DATA_DIR", theirs.data_dir)
    monkeypatch.setenv("HUB_BROKER_URL", theirs.broker_url)
    result = CliRunner().invoke(app, ["topology", "adopt", "--reason", "old machine is gone"])
    assert result.exit_code == 0, result.output
    assert store_id(ours) in result.output
    who = f"Trần Thị Bình ({system_user()})"
    store = open_store(theirs)
    with store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT actor, object, reason FROM audit WHERE action = 'broker.adopt'"
        ).all()
    store.close()
    assert [tuple(row) for row in rows] == [(who, store_id(ours), "old machine is gone")]
    assert not any(it.refuses for it in preflight.examine(theirs))
    with pytest.raises(OwnedByAnother), started(ours):
        pass
    again = CliRunner().invoke(app, ["topology", "adopt", "--reason", "once more"])
    assert "already" in again.output


def test_topology_says_nothing_of_the_mark(ours: Settings) -> None:
    """The mark is no difference between data and broker."""
    assert declare.plan(TOPOLOGY, ours.broker_url, ours.broker_management_url).clean
