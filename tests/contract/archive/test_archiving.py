"""What has ended leaves the database into a file that was read back first."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.messages import payloads as p
from hub.messages.catalog import READERS
from hub.operations.archive import holding
from hub.operations.archive.config import Archive
from hub.operations.archive.files import comparing, verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.leading import NotLeading, leading
from hub.operations.archive.run.archiving import rehearse, run
from hub.rules.retention.ends import KeepReason
from hub.store.archive import files, index, rows, waiting_work
from hub.store.conservation import counts
from hub.store.conservation.proof import prove
from hub.store.evidence import chain, verification
from hub.store.monitoring import attention, work_counts
from hub.store.records import dossiers
from hub.store.schema.tables.exchange import blobs
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end, number, take_in
from tests.support.ward import MONDAY, Ward, reception


def test_an_ended_dossier_leaves_the_database_and_is_in_the_index(
    ward: Ward, archive: Archive
) -> None:
    """Nothing of it is left but the evidence; one that is under way stays whole."""
    gone = end(ward, 1, scanned=b"paper")
    take_in(ward, 2)
    with ward.store.read() as tx:
        before = list(rows.load(tx, [number(2)])[0].lines())
    report = run(archive, BY)
    assert (report.archived, len(report.files), report.stopped) == (1, 1, None)
    with ward.store.read() as tx:
        assert rows.load(tx, [gone]) == []
        assert list(rows.load(tx, [number(2)])[0].lines()) == before
        assert index.get(tx, gone) is not None
        (file,) = files.known(tx)
        assert all(not verification.verify(tx, one).problems for one in chain.CHAINS)
    assert (file.state, file.dossiers, report.removed) == ("done", 1, 1)


def test_a_rehearsal_tells_what_a_run_would_do_and_changes_nothing(
    ward: Ward, archive: Archive
) -> None:
    """Counts agree with those of the run that follows."""
    for n in (1, 2):
        end(ward, n)
    planned = rehearse(archive)
    assert not archive.folder.exists()
    done = run(archive, BY)
    assert (planned.archived, planned.rows) == (2, done.rows)
    assert done.archived == 2


def test_a_second_run_finds_nothing_to_do(ward: Ward, archive: Archive) -> None:
    """Nothing is archived twice."""
    end(ward, 1)
    run(archive, BY)
    again = run(archive, BY)
    assert (again.archived, again.files) == (0, [])
    with ward.store.read() as tx:
        assert len(files.known(tx)) == 1


def test_the_balance_counts_what_was_archived(ward: Ward, archive: Archive) -> None:
    """What was accepted is in one state: final, open, or archived."""
    end(ward, 1)
    take_in(ward, 2)
    with ward.store.read() as tx:
        before = counts.kept(tx)["provincial"]
    run(archive, BY)
    with ward.store.read() as tx:
        after = counts.kept(tx)["provincial"]
        assert prove(tx, READERS).good
    assert after["archived"] == before["delivered"]
    assert after["accepted"] == before["accepted"]
    assert after["delivered"] == 0


@pytest.mark.parametrize(
    "why", [KeepReason.LEGAL_HOLD, KeepReason.TASK_OPEN, KeepReason.DELIVERY_DEAD]
)
def test_what_somebody_has_to_look_after_stays(
    ward: Ward, archive: Archive, why: KeepReason
) -> None:
    """Excluded with its reason, and every row is there afterwards."""
    name = end(ward, 1)
    if why is KeepReason.LEGAL_HOLD:
        assert holding.hold(ward.store, name, BY)
    else:
        statements = {
            KeepReason.TASK_OPEN: "INSERT INTO tasks (kind, subject, destination, owner, detail, repair,"  # noqa: E501
            " opened_at) VALUES ('x', :name, 'provincial', 'ward clerk', '', '', 1)",
            KeepReason.DELIVERY_DEAD: "UPDATE deliveries SET state = 'dead', settled_at = NULL"
            " WHERE id = (SELECT max(id) FROM deliveries WHERE lane = :name)",
        }
        with ward.store.write() as tx:
            tx.execute(sa.text(statements[why]), {"name": name})
    report = run(archive, BY)
    assert (report.archived, dict(report.kept)) == (0, {why: 1})
    assert report.examples[why] == [name]
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1


def test_what_changes_after_it_was_compared_stays(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deleting transaction looks once more; the others of the file go."""
    changed, gone = end(ward, 1), end(ward, 2)
    compare = comparing.compare

    def compare_and_hold(*args: object, **options: object) -> comparing.RowComparison:
        found = compare(*args, **options)  # type: ignore[arg-type]
        holding.hold(ward.store, changed, BY)
        return found

    monkeypatch.setattr(comparing, "compare", compare_and_hold)
    report = run(archive, BY)
    assert (report.archived, report.changed) == (1, 1)
    with ward.store.read() as tx:
        assert index.get(tx, changed) is None
        assert len(rows.load(tx, [changed])) == 1
        assert index.get(tx, gone) is not None


def test_nothing_is_deleted_that_was_not_read_back(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte of the file changes between writing and reading: every row stays, and the next run
    writes another file."""
    name = end(ward, 1)
    compare = comparing.compare

    def spoil_and_compare(
        store: object, folder: Path, file: files.ArchiveFile, **options: object
    ) -> comparing.RowComparison:
        place = folder / file.name
        text = bytearray(place.read_bytes())
        text[-10] ^= 1
        place.write_bytes(text)
        return compare(store, folder, file, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparing, "compare", spoil_and_compare)
    with pytest.raises(ArchiveDamaged):
        run(archive, BY)
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1
        assert index.get(tx, name) is None
    monkeypatch.undo()
    assert run(archive, BY).archived == 1
    assert verifying.verify(ward.store, archive.folder).problems == ()
    assert [path.suffix for path in archive.folder.iterdir()].count(".damaged") == 2


def test_one_leads_and_the_others_do_nothing(ward: Ward, archive: Archive) -> None:
    """A second run beside the first is refused."""
    end(ward, 1)
    with leading(archive.store, archive.folder), pytest.raises(NotLeading):
        run(archive, BY)
    assert run(archive, BY).archived == 1


def test_a_late_delivery_stops_the_run(ward: Ward, archive: Archive) -> None:
    """Deliveries go first; the run goes on when nothing is late any more."""
    name = end(ward, 1)
    take_in(ward, 2)
    with ward.store.write() as tx:
        late = int((LONG_AFTER - timedelta(seconds=3)).timestamp() * 1_000_000)
        asked = sa.text(
            "UPDATE deliveries SET asked_at = :late, created_at = :late WHERE state = 'pending'"
        )
        tx.execute(asked, {"late": late})
    with ward.store.read() as tx:
        assert waiting_work.work_waits(tx, now=LONG_AFTER)
        assert not waiting_work.work_waits(tx, now=LONG_AFTER + timedelta(minutes=6))
    report = run(archive, BY)
    assert (report.archived, str(report.stopped)) == (0, "deliveries wait")
    with ward.store.write() as tx:
        tx.execute(sa.text("UPDATE deliveries SET asked_at = 1 WHERE state = 'pending'"))
    assert run(archive, BY).archived == 1
    with ward.store.read() as tx:
        assert index.get(tx, name) is not None


def test_a_delivery_that_is_asked_for_in_vain_does_not_stop_the_run(
    ward: Ward, archive: Archive
) -> None:
    """Its partner is not connected: it is asked for anew each ten minutes, as if it were new."""
    end(ward, 1)
    take_in(ward, 2)
    with ward.store.write() as tx:
        times = {
            "asked": int((LONG_AFTER - timedelta(seconds=3)).timestamp() * 1_000_000),
            "made": int((LONG_AFTER - timedelta(hours=2)).timestamp() * 1_000_000),
        }
        asked = (
            "UPDATE deliveries SET asked_at = :asked, created_at = :made WHERE state = 'pending'"
        )
        tx.execute(sa.text(asked), times)
    assert run(archive, BY).archived == 1


def test_a_repeated_reception_of_an_archived_dossier_opens_nothing(
    ward: Ward, archive: Archive
) -> None:
    """It went out once; and what comes too late is parked with what to do."""
    name = end(ward, 1)
    run(archive, BY)
    ward.accept(reception(number=name))
    with ward.store.read() as tx:
        assert dossiers.get(tx, name, lock=False) is None
        assert work_counts.open_count(tx) == 0
    at = MONDAY + timedelta(days=2)
    ward.accept(
        p.BarcodeScanned(number=name, station=p.Station.RETURN, scanned_at=at, device="b-1")
    )
    with ward.store.read() as tx:
        codes = [code for _, _, _, code, _ in attention.parked(tx)]
    assert codes == ["dossier_archived"]


def test_a_file_of_another_dossier_stays(ward: Ward, archive: Archive) -> None:
    """The same scan in two dossiers is removed when nobody needs it any more."""
    end(ward, 1, scanned=b"same")
    take_in(ward, 2, scanned=b"same")
    assert run(archive, BY).removed == 0
    with ward.store.read() as tx:
        (sha256,) = tx.execute(sa.select(blobs.c.sha256)).scalars()
    assert ward.files.path(sha256).read_bytes() == b"same"
