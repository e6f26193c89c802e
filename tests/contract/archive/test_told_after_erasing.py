"""What comes about a dossier whose personal data was erased leaves evidence and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.messages import payloads as p
from hub.operations import unparking
from hub.operations.archive import erasing
from hub.operations.archive.archiving import Archive, run
from hub.store import attention
from hub.store.tables import blobs, journal
from tests.contract.archive.conftest import BY
from tests.support.ended import LONG_AFTER, end
from tests.support.ward import BIRTH, MONDAY, Ward, reception


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
        found = tx.execute(sa.select(journal).where(journal.c.key == name)).all()
        codes = [code for _, _, _, code, _ in attention.parked(tx)]
        (unneeded,) = tx.execute(sa.select(blobs.c.unneeded_at)).scalars()
    assert {bytes(row.body) for row in found} == {b""}
    assert all(len(row.body_hash) == 64 and row.body_size > 0 for row in found)
    assert codes == ["dossier_erased", "dossier_erased"]
    assert unneeded is not None


def test_an_emptied_message_is_not_taken_up_again(ward: Ward, archive: Archive) -> None:
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
    done = unparking.unpark(ward.store, [id], actor="chi", reason="x", now=LONG_AFTER)
    assert (done.count, done.refused) == (0, {id: "its content was erased with its dossier"})
