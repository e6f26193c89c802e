"""Stored files that go away while a run of the archive waits: no dossier leaves without them."""

from dataclasses import replace

import pytest

from hub.operations.archive import restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying, writing
from hub.operations.archive.run.archiving import run
from hub.store.archive import files, index, rows
from hub.texts import both
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end
from tests.support.ward import Ward

PAPER = b"paper"


def test_a_disk_unmounted_while_a_run_waits_stops_it(ward: Ward, archive: Archive) -> None:
    """The scan was there when the dossier was chosen; back again, both go, and both come back."""
    name = end(ward, 1, scanned=PAPER)
    stored, away = ward.files.directory, ward.files.directory.with_name("away")

    def unmount(_: bool) -> None:
        with ward.store.read() as tx:
            begun = files.unfinished(tx)
        if begun and stored.exists():
            stored.rename(away)

    report = run(replace(archive, waiting=unmount), BY)
    away.rename(stored)
    assert (report.archived, report.stopped) == (0, both("archive.stored_file_gone"))
    with ward.store.read() as tx:
        (here,) = rows.load(tx, [name])
    (sha256,) = here.column("dossier_files", "sha256")
    assert ward.files.path(sha256).read_bytes() == PAPER
    report = run(archive, BY)
    assert (report.archived, report.removed) == (1, 1)
    assert verifying.verify(ward.store, archive.folder).problems == ()
    assert restoring.restore(archive, name, BY)
    assert ward.files.path(sha256).read_bytes() == PAPER


def test_a_dossier_whose_archive_file_lacks_its_scan_stays(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back has to hold every stored file that the database names."""
    name = end(ward, 1, scanned=PAPER)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "_stored", lambda *_: [])
        report = run(archive, BY)
    assert (report.archived, report.changed, report.removed) == (0, 1, 0)
    with ward.store.read() as tx:
        assert index.get(tx, name) is None
    assert run(archive, BY).archived == 1
