"""A database put back from an old copy: what went out since is not sent again."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.broker.memory import MemoryBroker
from hub.cli import app, main
from hub.exchange.outbox.emit import emit
from hub.exchange.records_queue.receive import Receive
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.operations import SignedBy
from hub.operations.restore import Restored, restore
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import journal
from hub.store.repair.restore import CallCounterFile
from tests.support.database.stores import lay_store
from tests.support.partners.partner import DOWN, Partner
from tests.support.programs.forked import run_forked
from tests.support.works import AT, now, number, step, working


def handler(_tx: Tx, _message: Message, _payload: Payload) -> list[Message]:
    """What the records say about the scan that the copy holds as accepted."""
    return [step(4, 1)]


def accepted(store: Store) -> None:
    """Accept a message that nobody had handled when the copy was made."""
    payload = p.BarcodeScanned(
        number=number(4), station=p.Station.RETURN, scanned_at=AT, device="reader-1"
    )
    message = catalog.compose(payload, time=AT, source="reader-1", id="scan-1")
    with store.write() as tx:
        journal.accept(
            tx, [journal.JournalEntry(message, envelope.encode(message), "scan-1")], now()
        )


def put_back(store: Store, mark: CallCounterFile) -> Restored:
    """Prepare the store for its start, as the command does."""
    receive = Receive(store, MemoryBroker(), handler, clock=now)
    by: SignedBy = {"actor": "test", "reason": "disk lost", "now": now()}
    return restore(store, receive.handle_one, mark, by)


def test_what_went_out_since_the_copy_is_asked_about_and_not_sent(
    store: Store, tmp_path: Path
) -> None:
    """Pending, waiting, sending, held and not even handled: each is asked about at its turn, in
    order, and only what the partner does not have is sent."""
    partner, broker = Partner(), MemoryBroker()
    accepted(store)
    with store.write() as tx:
        emit(tx, [step(1, version) for version in (1, 2, 3)], now())
        emit(tx, [step(2, 1), step(3, 1), step(5, 1)], now())
        found = transitions.claim(tx, [4, 6], "provincial", now=now(), lease_until=now())
        attempts.start(tx, [(one.id, one.attempts) for one in found], now=now())
        fault = DOWN.code
        transitions.wait(tx, 4, from_state=S.SENDING, when=now(), code=fault, detail="")
    partner.ledger = [(number(1), 1), (number(1), 2), (number(2), 1), (number(4), 1)]
    done = put_back(store, CallCounterFile(tmp_path / "calls-made"))
    assert done == Restored(handled=1, failed=0, queried=5, behind=2)
    with working(store, broker, partner) as works:
        works.wait_delivered(7)
    sent = partner.ledger[4:]
    assert sorted(sent) == [(number(1), 3), (number(3), 1), (number(5), 1)]
    assert (partner.doubled(), partner.overtaken(), partner.calls) == (0, 0, 3)
    with store.read() as tx:
        assert audit.verify(tx) == (1, [])
    broker.close()


def test_what_comes_after_the_restore_is_sent_as_ever(store: Store, tmp_path: Path) -> None:
    """Only what the copy held is asked about."""
    put_back(store, CallCounterFile(tmp_path / "calls-made"))
    partner, broker = Partner(), MemoryBroker()
    with working(store, broker, partner) as works:
        works.emit(step(1, 1), step(1, 2))
        works.wait_delivered(2)
    assert (partner.calls, partner.asked) == (2, 0)
    broker.close()


NUMBER_BACK = {
    "sqlite": "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'attempts'",
    "postgresql": "SELECT setval(pg_get_serial_sequence('attempts', 'id'), 1)",
}
"""As in a copy that was made after the first call."""


def test_an_old_copy_is_noticed_until_it_was_prepared(store: Store, tmp_path: Path) -> None:
    """By the number of calls that is kept outside of the database; without the file nothing is."""
    mark = CallCounterFile(tmp_path / "calls-made")
    assert not mark.is_ahead(store)
    with store.write() as tx:
        emit(tx, [step(1, 1)], now())
        attempts.start(tx, [(1, 1), (1, 2)], now=now())
    mark.write(store)
    assert not mark.is_ahead(store)
    with store.write() as tx:
        tx.exec_driver_sql("DELETE FROM attempts WHERE number = 2")
    assert not mark.is_ahead(store), "the archive may have taken it"
    with store.write() as tx:
        tx.exec_driver_sql(NUMBER_BACK[store.name])
    assert mark.is_ahead(store)
    put_back(store, mark)
    assert not mark.is_ahead(store)


def test_two_timers_with_one_process_id_keep_the_mark_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in two containers on one volume: the second writes whenever the first stands still."""
    mark, sync = CallCounterFile(tmp_path / "calls-made"), os.fsync

    def sync_while_another_writes(file: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        CallCounterFile(mark.path).write(store)
        sync(file)

    monkeypatch.setattr(os, "fsync", sync_while_another_writes)
    mark.write(store)
    assert [it.name for it in tmp_path.iterdir() if "calls-made" in it.name] == ["calls-made"]
    assert mark.path.read_text() == "0"


def test_the_mark_is_kept_by_the_timer(store: Store, tmp_path: Path) -> None:
    """At every sweep and at the end; the hub's own timer is given it."""
    mark, partner, broker = CallCounterFile(tmp_path / "calls-made"), Partner(), MemoryBroker()
    with working(store, broker, partner) as works:
        works.timer.on_sweep = lambda: mark.write(store)
        works.emit(step(1, 1))
        works.wait_delivered(1)
    assert mark.path.read_text() == "1"
    broker.close()


def test_the_command_and_the_refusal_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hub run` refuses an old copy and names the command; the command needs a reason."""
    lay_store(tmp_path)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_HTTP_PORT", "0")
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "calls-made").write_text("5")
    # in a process of its own: it sets the log of its process up for good
    refused = run_forked(main, ["run"], os.environ)
    assert (refused.returncode, "hub broker requeue --restored" in refused.stdout) == (1, True)
    assert CliRunner().invoke(app, ["broker", "requeue", "--restored"]).exit_code == 2
    done = CliRunner().invoke(app, ["broker", "requeue", "--restored", "--reason", "disk lost"])
    assert done.exit_code == 0, done.output
    assert "0 deliveries will be asked about" in done.output
    assert (tmp_path / "calls-made").read_text() == "0"
