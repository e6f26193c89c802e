"""What comes about a dossier whose personal data was erased leaves evidence and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec import structs

from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations import parked_messages
from hub.operations.archive import erasing
from hub.operations.archive.config import Archive
from hub.operations.archive.run.archiving import run
from hub.store.archive import index
from hub.store.messages import journal
from hub.store.monitoring import attention
from hub.store.schema.tables.exchange import blobs
from hub.store.schema.tables.exchange import journal as table
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end
from tests.support.ward import BIRTH, MONDAY, Ward, reception, scan


@pytest.mark.parametrize("archived", [True, False])
def test_a_late_message_about_an_erased_dossier_loses_its_body(
    ward: Ward, archive: Archive, archived: bool
) -> None:
    """A repeated reception is handled, a scan and a step are parked; none of them can be read."""
    name = end(ward, 1)
    if archived:
        run(archive, BY)
    assert erasing.erase_one(ward.store, name, BY)
    ward.accept(reception(BIRTH, name))
    step = p.DossierProgressed(
        number=name, status=p.Status(4), at=MONDAY, officer="Lê", unit="Tư pháp", note="ông Mẫu"
    )
    ward.accept(step)
    component = reception(BIRTH).components[0].code
    scan = p.DocumentScanned(number=name, component=component, scanned_at=MONDAY, device="s")
    ward.accept(scan, ward.file(b"late", component))
    with ward.store.read() as tx:
        found = tx.execute(sa.select(table).where(table.c.key == name)).all()
        codes = [code for _, _, _, code, _ in attention.parked(tx)]
        (unneeded,) = tx.execute(sa.select(blobs.c.unneeded_at)).scalars()
    assert {bytes(row.body) for row in found} == {b""}
    assert all(len(row.body_hash) == 64 and row.body_size > 0 for row in found)
    assert codes == ["dossier_erased", "dossier_erased"]
    assert unneeded is not None


def test_an_emptied_message_is_not_retried_again(ward: Ward, archive: Archive) -> None:
    """The officer is told why; nothing without a content goes to the queue."""
    name = end(ward, 1)
    run(archive, BY)
    erasing.erase_one(ward.store, name, BY)
    at = MONDAY + timedelta(days=2)
    ward.accept(
        p.BarcodeScanned(number=name, station=p.Station.RETURN, scanned_at=at, device="b-1")
    )
    with ward.store.read() as tx:
        ((id, *_),) = attention.parked(tx)
    done = parked_messages.retry(
        ward.store, [id], by={"actor": "chi", "reason": "x", "now": LONG_AFTER}
    )
    assert (done.count, done.refused) == (0, {id: "its content was erased with its dossier"})


@pytest.mark.parametrize("archived", [True, False])
def test_a_message_that_cannot_be_handled_about_an_erased_dossier_loses_its_body(
    ward: Ward, archive: Archive, archived: bool
) -> None:
    """It is not parsed, its files go all the same, and a second delivery of it is known."""
    name = end(ward, 1)
    if archived:
        run(archive, BY)
    assert erasing.erase_one(ward.store, name, BY)
    said = structs.replace(scan("x"), number=name)
    late = catalog.compose(said, time=MONDAY, source="s", attachments=(ward.file(b"late", "x"),))
    ward.intake.accept(late)
    body = envelope.encode(late)
    parked = []
    for _ in range(2):
        with ward.store.write() as tx:
            parked.append(
                journal.park_unreadable(
                    tx, late.id, body, now=LONG_AFTER, code="handler_killed", reason="x"
                )
            )
    with ward.store.read() as tx:
        (left,) = tx.execute(sa.select(table.c.body).where(table.c.id == late.id)).scalars()
        (unneeded,) = tx.execute(sa.select(blobs.c.unneeded_at)).scalars()
    assert parked == [True, True]
    assert bytes(left) == b""
    assert unneeded is not None


def test_an_emptied_message_keeps_its_dossier_from_nothing(ward: Ward, archive: Archive) -> None:
    """Nobody can use it any more: the dossier is archived, and a second erasing is not refused."""
    here, there = end(ward, 1), end(ward, 2)
    for name in (here, there):
        assert erasing.erase_one(ward.store, name, BY)
        ward.accept(structs.replace(scan("x"), number=name), ward.file(b"late", "x"))
    assert run(archive, BY).archived == 2
    ward.accept(structs.replace(scan("y"), number=there), ward.file(b"later", "y"))
    assert not erasing.erase_one(ward.store, there, BY)
    with ward.store.read() as tx:
        assert index.known(tx, [here, there]) == {here, there}
        assert [key for _, _, key, _, _ in attention.parked(tx)] == [there]
