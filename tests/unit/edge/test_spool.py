"""The spool of an agent: order, room, and what leaves it."""

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.edge.numbers import NoNumber, ReservedNumbers
from hub.edge.printing.jobs import PrintJobs
from hub.edge.spool.database import FILE, SpoolUnusable
from hub.edge.spool.spool import Spool, SpoolFull
from hub.edge.spool.uploading import PendingFiles
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message
from hub.rules.edge.numbers import Block

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
NUMBER = "000.00.00.H57-261130-{:04d}"


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool with much room."""
    made = Spool(tmp_path / "edge", budget=10_000_000)
    yield made
    made.close()


def read_code(nth: int, *, device: str = "quay-2.barcode") -> Message:
    """Return a code that was read."""
    payload = p.BarcodeScanned(
        number=NUMBER.format(nth), station=p.Station.RETURN, scanned_at=NOW, device=device
    )
    return catalog.compose(payload, time=NOW, source=device)


def scanned(file: Attachment, *, device: str = "quay-2.scanner") -> Message:
    """Return a scan."""
    payload = p.DocumentScanned(
        number=NUMBER.format(1), component="TP1", scanned_at=NOW, device=device
    )
    return catalog.compose(payload, time=NOW, source=device, attachments=[file])


def put(spool: Spool, content: bytes = b"%PDF-1.4 made up") -> Attachment:
    """Spool a file."""
    return spool.store_file(io.BytesIO(content), name="a.pdf", media_type="application/pdf")


def test_a_spool_of_an_older_agent_goes_on(tmp_path: Path) -> None:
    """With its events and its id; one of a newer agent is left alone."""
    spool = Spool(tmp_path / "old", budget=10_000_000)
    spool.accept(read_code(1))
    with spool.database.write() as tx:
        tx.execute("DROP TABLE prints")
        tx.execute("PRAGMA user_version=1")
    id = spool.id
    spool.close()
    for _ in range(2):
        again = Spool(tmp_path / "old", budget=10_000_000)
        assert (again.id, again.state().waiting) == (id, 1)
        assert PrintJobs(again.database).unreported() == []
        with again.database.write() as tx:
            version = tx.execute("PRAGMA user_version").fetchone()[0]
        again.close()
    with closing(sqlite3.connect(tmp_path / "old" / FILE)) as newer:
        newer.execute(f"PRAGMA user_version={version + 1}")
    with pytest.raises(SpoolUnusable):
        Spool(tmp_path / "old", budget=10_000_000)


def test_each_device_counts_for_itself(spool: Spool) -> None:
    """Numbers have no gap, a message told twice has one, and the order is that of the telling."""
    first = read_code(1)
    for message in (first, read_code(2, device="quay-2.other"), read_code(3), first):
        spool.accept(message)
    found = [(it.device, it.sequence) for it in spool.sendable(events=10, size=10_000_000)]
    assert found == [("quay-2.barcode", 1), ("quay-2.other", 1), ("quay-2.barcode", 2)]


def test_numbers_go_on_after_the_hub_has_all(spool: Spool) -> None:
    """An empty spool still knows the last number of each device."""
    spool.accept(read_code(1))
    spool.answered([it.place for it in spool.sendable(events=10, size=1)])
    spool.accept(read_code(2))
    assert [it.sequence for it in spool.sendable(events=10, size=1)] == [2]


def test_a_device_waits_for_its_files_and_no_other_one_does(spool: Spool) -> None:
    """Behind a scan that is not uploaded its scanner's events wait, and codes pass."""
    file = put(spool)
    spool.accept(scanned(file))
    spool.accept(read_code(9, device="quay-2.scanner"))
    spool.accept(read_code(1))
    assert [it.device for it in spool.sendable(events=9, size=99_999)] == ["quay-2.barcode"]
    pending = PendingFiles(spool)
    upcoming = pending.next()
    assert upcoming is not None
    pending.stored(upcoming.sha256, "f" * 64)
    assert pending.next() is None
    events = spool.sendable(events=9, size=99_999)
    assert [it.device for it in events] == ["quay-2.scanner", "quay-2.scanner", "quay-2.barcode"]
    assert b"f" * 64 in spool.with_stored_files(events[0])


def test_over_its_budget_a_spool_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    """Neither an event nor a file comes in; what is there can still be sent."""
    spool = Spool(tmp_path / "edge", budget=6000)
    with pytest.raises(SpoolFull):
        put(spool, b"x" * 6001)
    count = 0
    with pytest.raises(SpoolFull, match="budget of 6000 bytes"):
        while True:
            count += 1
            spool.accept(read_code(count))
    state = spool.state()
    assert state.waiting == count - 1
    assert state.waiting >= 2
    assert state.room.is_nearly_full
    assert not list(spool.files.folder.iterdir())
    spool.answered([it.place for it in spool.sendable(events=99, size=99_999)])
    assert not spool.accept(read_code(count)).duplicate
    spool.close()


def test_what_the_hub_refuses_stays_and_holds_up_nothing(spool: Spool) -> None:
    """A person finds it with its cause; a lost file is uploaded again three times first."""
    file = put(spool)
    spool.accept(scanned(file))
    pending = PendingFiles(spool)
    pending.stored(file.sha256, file.sha256)
    for _ in range(2):
        spool.refuse(spool.sendable(events=9, size=9)[0], "lost", file_missing=True)
        assert pending.next() is not None
        pending.stored(file.sha256, file.sha256)
    spool.refuse(spool.sendable(events=9, size=9)[0], "lost", file_missing=True)
    spool.accept(read_code(1, device="quay-2.scanner"))
    assert [it.sequence for it in spool.sendable(events=9, size=9)] == [2]
    assert (spool.state().refused, spool.state().waiting) == (1, 1)
    spool.files.remove_unneeded()
    assert spool.file_size(file.sha256) == file.size


def test_a_spool_made_again_is_another_one(tmp_path: Path) -> None:
    """So the hub knows that its sequences begin anew; opened again it is the same."""
    first = Spool(tmp_path / "one", budget=1)
    other = Spool(tmp_path / "two", budget=1)
    again = Spool(tmp_path / "one", budget=1)
    assert first.id == again.id != other.id
    for it in (first, other, again):
        it.close()


def test_a_number_is_drawn_with_what_it_is_for(spool: Spool) -> None:
    """A transaction that fails gives its number back; a drawn one is not the hub's to undo."""
    numbers = ReservedNumbers(spool.database)
    day = NOW.date()
    block = Block(agency="000.00.00.H57", day=day, first=900_001, last=900_002, next=900_001)
    numbers.replace([], [block])
    with pytest.raises(SpoolFull), spool.database.write() as tx:
        numbers.draw(tx, day)
        raise SpoolFull
    with spool.database.write() as tx:
        assert numbers.draw(tx, day) == ("000.00.00.H57", 900_001)
    numbers.replace([block], [block])
    with spool.database.write() as tx:
        assert numbers.draw(tx, day) == ("000.00.00.H57", 900_002)
    with pytest.raises(NoNumber), spool.database.write() as tx:
        numbers.draw(tx, day)
    numbers.replace(numbers.blocks(), [])
    assert numbers.blocks() == []
