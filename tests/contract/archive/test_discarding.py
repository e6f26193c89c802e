"""Parked messages that nobody needs are discarded: no personal data stays for their sake."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from hub.messages import payloads as p
from hub.operations import parked_messages
from hub.operations.archive import erasing, holding
from hub.operations.archive.config import Archive
from hub.operations.archive.run.archiving import run
from hub.rules.retention.ends import KeepReason
from hub.store.archive import index
from hub.store.messages import parked
from hub.store.messages.parked import ParkedFilter
from hub.store.monitoring import attention
from hub.store.records import early_messages
from hub.store.schema.tables.exchange import audit, blobs
from hub.store.schema.tables.exchange import journal as table
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end, number
from tests.support.ward import BIRTH, MONDAY, Ward, reception

STRAY = number(77)
SCAN = p.DocumentScanned(number=STRAY, component="KQ", scanned_at=MONDAY, device="scanner-1")


def repeat(ward: Ward, name: str) -> str:
    """Tell again of an archived dossier; return the id of the message, which is parked."""
    ward.accept(reception(BIRTH, name))
    back = p.BarcodeScanned(
        number=name, station=p.Station.RETURN, scanned_at=MONDAY + timedelta(days=1), device="b-1"
    )
    ward.accept(back)
    with ward.store.read() as tx:
        ((id, _, _, code, _),) = attention.parked(tx)
    assert code == "dossier_archived"
    return id


def stray(ward: Ward) -> tuple[str, str]:
    """Have a scan parked whose number no dossier has; return its id and the hash of its file."""
    file = ward.file(b"mistyped", "KQ")
    ward.accept(SCAN, file)
    with ward.store.write() as tx:
        assert early_messages.park(tx, LONG_AFTER) == 1
        ((id, _, key, code, _),) = attention.parked(tx)
    assert (key, code) == (STRAY, "dossier_unknown")
    return id, file.sha256


def test_a_discarded_repeat_keeps_its_dossier_from_nothing(ward: Ward, archive: Archive) -> None:
    """Before, neither a person nor its age could erase the dossier."""
    name = end(ward, 1)
    run(archive, BY)
    id = repeat(ward, name)
    with pytest.raises(erasing.NotErased):
        erasing.erase_one(ward.store, name, BY)
    done = parked_messages.discard(ward.store, [id], by=BY)
    assert (done.count, done.refused) == (1, {})
    assert erasing.erase_one(ward.store, name, BY)
    with ward.store.read() as tx:
        assert not index.keys(tx, [name])
        row = tx.execute(sa.select(table).where(table.c.id == id)).one()
        acts = tx.execute(sa.select(audit.c.action, audit.c.object, audit.c.reason)).all()
        assert attention.parked(tx) == []
    assert (bytes(row.body), len(row.body_hash), row.body_size > 0) == (b"", 64, True)
    assert (row.code, row.reason.partition(":")[0]) == ("message_dropped", "dossier_archived")
    assert ("message.drop", id, BY["reason"]) in [tuple(act) for act in acts]


def test_a_run_names_what_a_parked_message_keeps_and_the_next_one_erases_it_once_discarded(
    ward: Ward, archive: Archive
) -> None:
    """By age: in the same month, although what is kept is looked at once a month."""
    name = end(ward, 1)
    run(archive, BY)
    id = repeat(ward, name)
    old = replace(archive, personal=timedelta(days=700))
    report = run(old, BY)
    assert (report.erased, dict(report.kept)) == (0, {KeepReason.MESSAGE_PARKED: 1})
    assert report.examples[KeepReason.MESSAGE_PARKED] == [name]
    assert parked_messages.discard(ward.store, [id], by=BY).count == 1
    assert run(old, BY).erased == 1


def test_a_scan_that_no_dossier_has_goes_with_its_file(ward: Ward, archive: Archive) -> None:
    """Nothing else ever finds it: archive and erasing begin at the dossiers."""
    id, sha256 = stray(ward)
    run(archive, BY)
    assert ward.files.path(sha256).read_bytes() == b"mistyped"
    assert parked_messages.discard(ward.store, ParkedFilter(dossier=STRAY), by=BY).count == 1
    assert run(archive, BY).removed == 1
    assert not ward.files.place(sha256).exists()
    with ward.store.read() as tx:
        (body,) = tx.execute(sa.select(table.c.body).where(table.c.id == id)).scalars()
        assert bytes(body) == b""
        assert tx.execute(sa.select(blobs)).all() == []


def test_discarding_refuses_what_is_not_parked_and_what_is_held(
    ward: Ward, archive: Archive
) -> None:
    """A court may need what a legal hold keeps; a second time there is nothing to drop."""
    name = end(ward, 1)
    run(archive, BY)
    id = repeat(ward, name)
    holding.hold(ward.store, name, BY)
    held = parked_messages.discard(ward.store, [id, "m-0"], by=BY)
    assert held.count == 0
    assert "legal hold" in held.refused[id]
    assert held.refused["m-0"] == "there is no such message"
    with ward.store.read() as tx:
        assert len(attention.parked(tx)) == 1
    holding.release(ward.store, name, BY)
    assert parked_messages.discard(ward.store, ParkedFilter(), by=BY).count == 1
    again = parked_messages.discard(ward.store, [id], by=BY)
    assert (again.count, again.refused) == (0, {id: "it was discarded"})
    taken = parked_messages.retry(
        ward.store, [id], by={"actor": "chi", "reason": "x", "now": LONG_AFTER}
    )
    assert (taken.count, taken.refused) == (0, {id: "it was discarded"})


def test_what_was_discarded_may_be_said_anew(ward: Ward) -> None:
    """Under another id it is handled like any other: a drop swallows no later message."""
    id, _ = stray(ward)
    assert parked_messages.discard(ward.store, [id], by=BY).count == 1
    ward.accept(SCAN, ward.file(b"mistyped", "KQ"))
    with ward.store.read() as tx:
        query = sa.select(table.c.id, table.c.state).where(table.c.key == STRAY)
        states = {row.id: row.state for row in tx.execute(query)}
    assert states.pop(id) == "parked"
    assert list(states.values()) == ["early"]


def test_what_was_emptied_with_its_dossier_leaves_the_list_when_it_is_discarded(
    ward: Ward, archive: Archive
) -> None:
    """An officer has read that it came; it need not be listed for ever."""
    name = end(ward, 1)
    run(archive, BY)
    erasing.erase_one(ward.store, name, BY)
    at = MONDAY + timedelta(days=2)
    ward.accept(
        p.BarcodeScanned(number=name, station=p.Station.RETURN, scanned_at=at, device="b-1")
    )
    with ward.store.read() as tx:
        ((id, *_),) = attention.parked(tx)
        assert parked.select(tx, ParkedFilter()) == []
        before = tx.execute(sa.select(table.c.body_hash).where(table.c.id == id)).scalar_one()
    assert parked_messages.discard(ward.store, [id], by=BY).count == 1
    with ward.store.read() as tx:
        assert attention.parked(tx) == []
        after = tx.execute(sa.select(table.c.body_hash).where(table.c.id == id)).scalar_one()
    assert before == after


def test_discarding_locks_dossiers_in_the_order_of_their_numbers(ward: Ward) -> None:
    """Two who drop messages of the same dossiers must not wait in a ring."""
    numbers = [number(it) for it in range(90, 78, -1)]
    for it in numbers:
        ward.accept(msgspec.structs.replace(SCAN, number=it), ward.file(it.encode(), "KQ"))
    with ward.store.write() as tx:
        assert early_messages.park(tx, LONG_AFTER) == len(numbers)
    locked: list[str] = []

    def note(
        _connection: object, _cursor: object, statement: str, given: object, *_: object
    ) -> None:
        if statement.startswith("UPDATE dossiers"):
            locked.extend(it for it in numbers if it in str(given))

    sa.event.listen(ward.store.engine, "before_cursor_execute", note)
    assert parked_messages.discard(ward.store, ParkedFilter(), by=BY).count == len(numbers)
    sa.event.remove(ward.store.engine, "before_cursor_execute", note)
    assert locked == sorted(numbers)
