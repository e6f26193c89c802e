"""What is told twice in the same moment is judged as when it is told one after the other."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub.exchange.intake.accept import Intake
from hub.messages import envelope
from hub.messages.invalid import InvalidMessage
from hub.ports import Accepted
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.messages import journal, outbox
from hub.store.messages.blobs import BlobStore
from tests.contract.store.test_store import NOW, received


def otherwise(id: str) -> journal.JournalEntry:
    """Return the reception of dossier 1 as told of another applicant."""
    entry = received(1, id)
    body = entry.body.replace("Nguyễn Văn Mẫu".encode(), "Phạm Thị Khác".encode())
    assert body != entry.body
    return journal.JournalEntry(envelope.decode(body), body, entry.dedup_key)


def test_a_batch_that_tells_one_thing_in_two_ways_is_refused(store: Store) -> None:
    """Nothing of it is stored, so that each telling is tried alone."""
    with pytest.raises(InvalidMessage) as refused, store.write() as tx:
        journal.accept(tx, [received(1, "a" * 32), otherwise("b" * 32)], NOW)
    assert refused.value.code == "content_differs"
    with store.read() as tx:
        assert outbox.backlog(tx) == 0


def test_of_two_who_tell_one_thing_differently_at_once_one_is_refused(
    store: Store, tmp_path: Path
) -> None:
    """The content of the later one would else be lost, and its sender told that it is here."""
    records = Records(Rulebook.load())
    intake = Intake(store, BlobStore(tmp_path), clock=lambda: NOW, validator=records)
    begun, may_go_on = threading.Event(), threading.Event()

    def held_up(entries: Sequence[journal.JournalEntry]) -> list[Accepted]:
        begun.set()
        assert may_go_on.wait(20)
        return intake._commit(entries)

    try:
        before = intake.commits.submit(held_up, received(2, "c" * 32))
        assert begun.wait(20)
        two = received(1, "a" * 32), otherwise("b" * 32)
        both = [intake.commits.submit(held_up, it) for it in two]
        may_go_on.set()
        assert not before.result(20).duplicate
        assert both[0].result(20).message_id == "a" * 32
        with pytest.raises(InvalidMessage, match="content_differs"):
            both[1].result(20)
    finally:
        may_go_on.set()
        intake.close()
