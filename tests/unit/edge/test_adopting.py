"""A directory that is enrolled anew keeps its events, and gives out no number twice."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from hub.edge import machine
from hub.edge.credential import Credential, is_moved
from hub.edge.numbers import ReservedNumbers
from hub.edge.spool import refused
from hub.edge.spool.adopting import adopt
from hub.edge.spool.refused import NotRefused
from hub.edge.spool.spool import Spool
from hub.edge.spool.uploading import PendingFiles
from hub.messages.envelope import Message
from hub.rules.edge.numbers import Block
from tests.unit.edge.test_spool import NOW, put, read_code, scanned

NEW = "a" * 32
WHO = "Trần Thị Mẫu"
DAY = date(2026, 11, 30)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool of `quay-2`: two events went, four are there, of these two were refused."""
    made = Spool(tmp_path / "edge", budget=10_000_000)
    for nth in range(6):
        made.accept(read_code(nth))
    first, second, third, fourth, *_ = made.sendable(events=9, size=99_999)
    made.answered([first.place, second.place])
    made.refuse(third, "agent_copied $.sequence: a copy")
    made.refuse(fourth, "payload_invalid $: wrong")
    yield made
    made.close()


def events(spool: Spool) -> list[tuple[str, int, str | None]]:
    """Return device, number and refusal of each event."""
    rows = spool.database.all("SELECT device, sequence, refusal FROM events ORDER BY place")
    return [(row[0], row[1], row[2]) for row in rows]


def test_what_waits_goes_on_under_the_new_agent(spool: Spool) -> None:
    """With its ids and its order, from 1 on; what was refused as a copy too. Twice is once."""
    ids = [row[0] for row in spool.database.all("SELECT message_id FROM events ORDER BY place")]
    block = Block(agency="000.00.00.H57", day=DAY, first=900001, last=900050, next=900003)
    ReservedNumbers(spool.database).replace([], [block])
    assert adopt(spool.database, "quay-3", NEW) == 4
    assert adopt(spool.database, "quay-3", NEW) == 0
    assert spool.id == NEW
    assert events(spool) == [
        ("quay-3.barcode", 1, None),
        ("quay-3.barcode", 0, "payload_invalid $: wrong"),
        ("quay-3.barcode", 2, None),
        ("quay-3.barcode", 3, None),
    ]
    messages = [
        msgspec.json.decode(row[0], type=Message)
        for row in spool.database.all("SELECT body FROM events ORDER BY place")
    ]
    assert [it.id for it in messages] == ids
    assert {it.source for it in messages} == {"quay-3.barcode"}
    assert ReservedNumbers(spool.database).left(DAY) == 0
    used = spool.room().used
    spool.answered(row[0] for row in spool.database.all("SELECT place FROM events"))
    assert used > 0
    assert spool.room().used == 0


def test_the_same_name_begins_its_numbers_anew(spool: Spool) -> None:
    """The other copy may have sent further than this one."""
    adopt(spool.database, "quay-2", NEW)
    assert [it[1] for it in events(spool)] == [1, 0, 2, 3]


def test_what_an_earlier_process_still_wrote_goes_on_too(spool: Spool) -> None:
    """It ran while its directory was enrolled anew."""
    adopt(spool.database, "quay-3", NEW)
    spool.accept(read_code(9))
    assert adopt(spool.database, "quay-3", NEW) == 1
    assert events(spool)[-1] == ("quay-3.barcode", 4, None)


def test_an_event_is_sent_again_as_the_last_one(spool: Spool) -> None:
    """Its file is uploaded anew; one that waits cannot be sent again."""
    file = put(spool)
    spool.accept(scanned(file))
    PendingFiles(spool).stored(file.sha256, "b" * 64)
    (scan,) = [it for it in spool.sendable(events=9, size=99_999) if it.files]
    spool.refuse(scan, "file_broken $: torn")
    (*_, listed) = refused.listing(spool)
    assert (listed.id, listed.type, listed.why) == (
        scan.place,
        "document.scanned",
        "file_broken $: torn",
    )
    spool.accept(read_code(8, device="quay-2.scanner"))
    refused.resend(spool, listed.id)
    assert events(spool)[-1] == ("quay-2.scanner", 3, None)
    pending = PendingFiles(spool).next()
    assert pending is not None
    assert pending.sha256 == file.sha256
    for id in (listed.id, 999):
        with pytest.raises(NotRefused):
            refused.resend(spool, id)
        with pytest.raises(NotRefused):
            refused.discard(spool, id, reason="again", by=WHO, now=NOW)


def test_a_discarded_event_leaves_its_line(spool: Spool) -> None:
    """Who, why and what; without a line nothing is discarded."""
    first, second = refused.listing(spool)
    refused.discard(spool, first.id, reason="quét lại rồi", by=WHO, now=NOW)
    line = msgspec.json.decode((spool.directory / refused.AUDIT).read_bytes())
    assert (line["reason"], line["type"], line["why"]) == (
        "quét lại rồi",
        "barcode.scanned",
        "agent_copied $.sequence: a copy",
    )
    assert spool.state().refused == 1
    (spool.directory / refused.AUDIT).unlink()
    (spool.directory / refused.AUDIT).mkdir()
    with pytest.raises(OSError, match=refused.AUDIT):
        refused.discard(spool, second.id, reason="x", by=WHO, now=NOW)
    assert [it.id for it in refused.listing(spool)] == [second.id]


def test_a_copied_directory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its place, and by the machine; where a system has no id only by its place."""
    monkeypatch.setattr(machine, "machine_id", lambda: "one")
    here = Credential(url="", agent="quay-2", key="", spool=NEW, mark=machine.mark(tmp_path, NEW))
    assert not is_moved(tmp_path, here)
    assert is_moved(tmp_path / "copy", here)
    monkeypatch.setattr(machine, "machine_id", lambda: "other")
    assert is_moved(tmp_path, here)
    monkeypatch.setattr(machine, "machine_id", lambda: "")
    assert not is_moved(tmp_path, here)
    assert is_moved(tmp_path / "copy", here)
    older = msgspec.structs.replace(here, mark="")
    monkeypatch.setattr(machine, "machine_id", lambda: "other")
    assert not is_moved(tmp_path, older)


def test_a_failed_take_over_changes_nothing(spool: Spool) -> None:
    """It is one transaction: the next command does it as a whole."""
    before = events(spool)
    with spool.database.write() as tx:
        tx.execute("UPDATE events SET body = 'broken' WHERE place = 6")
    with pytest.raises((msgspec.DecodeError, sqlite3.Error)):
        adopt(spool.database, "quay-3", NEW)
    assert events(spool) == before
    assert spool.id != NEW
