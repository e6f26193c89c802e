"""What the archive refuses, each time with a sentence and without a trace."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.operations.archive import restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sharing, verifying
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.files.writing import FileWriter
from hub.operations.archive.leading import NotLeading
from hub.operations.archive.run.archiving import NotPast, rehearse, run
from hub.store.archive import files, index, rows
from hub.store.schema.tables.exchange import blobs
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end
from tests.support.ward import Ward


def test_a_day_that_has_not_come_is_refused(ward: Ward, archive: Archive) -> None:
    """It would take what has ended this minute; the very moment is the latest."""
    name = end(ward, 1)
    tomorrow = LONG_AFTER + timedelta(days=1)
    with pytest.raises(NotPast, match="future"):
        run(archive, BY, before=tomorrow)
    with pytest.raises(NotPast, match="future"):
        rehearse(archive, before=tomorrow)
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1
    assert run(archive, BY, before=LONG_AFTER).archived == 1


def test_a_file_over_a_lowered_limit_is_not_restored_and_the_setting_is_named(
    ward: Ward, archive: Archive
) -> None:
    """The dossier stays in the archive, and comes back when the limit allows it."""
    name = end(ward, 1, scanned=b"x" * 2000)
    run(archive, BY)
    ward.files.limit = 1000
    with pytest.raises(restoring.NotRestored, match="HUB_FILE_LIMIT_MB"):
        restoring.restore(archive, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []
    ward.files.limit = 2000
    assert restoring.restore(archive, name, BY)


def test_a_file_that_no_longer_follows_from_the_newest_is_given_up(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock was lost and another process completed a file: the chain does not fork."""
    name = end(ward, 1)
    finish: Callable[..., object] = FileWriter.finish

    def finish_behind_another(self: FileWriter, previous: str) -> object:
        made = finish(self, previous)
        other, fact = f"{secrets.token_hex(3)}.jsonl", "0" * 64
        with ward.store.write() as tx:
            seq = files.begin(tx, name=other, month="2018-08", now=LONG_AFTER)
            facts = {"sha256": fact, "manifest_hash": fact, "size": 0, "dossiers": 0, "rows": 0}
            files.complete(tx, seq, previous_hash=previous, **facts)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(FileWriter, "finish", finish_behind_another)
        with pytest.raises(NotLeading):
            run(archive, BY)
    assert list(archive.folder.glob("*.json*")) == []
    with ward.store.write() as tx:
        (other,) = files.known(tx)
        assert len(rows.load(tx, [name])) == 1
        files.discard(tx, other.seq)
    assert run(archive, BY).archived == 1
    assert verifying.verify(ward.store, archive.folder).problems == ()


@pytest.mark.parametrize("copied", [True, False])
def test_a_machine_with_another_folder_writes_nothing_there(
    ward: Ward, archive: Archive, tmp_path: Path, copied: bool
) -> None:
    """Also when the other folder began as a copy; the machine with the right one goes on."""
    end(ward, 1)
    run(archive, BY)
    elsewhere = tmp_path / "elsewhere"
    if copied:
        shutil.copytree(archive.folder, elsewhere)
        end(ward, 2)
        run(archive, BY)
    name = end(ward, 3)
    with pytest.raises(sharing.NotShared, match="HUB_ARCHIVE_DIR"):
        run(replace(archive, folder=elsewhere), BY)
    with ward.store.read() as tx:
        assert len(rows.load(tx, [name])) == 1
    assert run(archive, BY).archived == 1
    assert verifying.verify(ward.store, archive.folder).problems == ()


def test_a_wrong_folder_is_named_and_not_made(ward: Ward, archive: Archive, tmp_path: Path) -> None:
    """A restore, a run and a check say the folder, not that each of its files is missing."""
    name = end(ward, 1)
    run(archive, BY)
    elsewhere = replace(archive, folder=tmp_path / "disk" / "archive")
    for refused in (lambda: restoring.restore(elsewhere, name, BY), lambda: run(elsewhere, BY)):
        with pytest.raises(sharing.NotShared, match=str(elsewhere.folder)):
            refused()
    (problem,) = verifying.verify(ward.store, elsewhere.folder).problems
    assert str(elsewhere.folder) in problem
    assert not elsewhere.folder.parent.exists()
    elsewhere.folder.mkdir(parents=True)
    with pytest.raises(sharing.NotShared, match="HUB_ARCHIVE_DIR"):
        restoring.restore(elsewhere, name, BY)
    with ward.store.read() as tx:
        assert rows.load(tx, [name]) == []
    assert restoring.restore(archive, name, BY)


def test_a_file_that_is_missing_is_named_and_the_others_can_be_read(
    ward: Ward, archive: Archive
) -> None:
    """Also the newest one: what a court asks for does not wait for another month's file."""
    names, made = [], []
    for n in (1, 2, 3):
        names.append(end(ward, n))
        made += run(archive, BY).files
    (archive.folder / made[0]).unlink()
    with pytest.raises(ArchiveDamaged, match=f"{made[0]}: the file is missing"):
        restoring.restore(archive, names[0], BY)
    (archive.folder / made[2]).unlink()
    assert restoring.restore(archive, names[1], BY)
    with ward.store.read() as tx:
        assert [found.number for found in rows.load(tx, names)] == [names[1]]


@pytest.mark.parametrize("cut", [True, False])
def test_a_changed_part_restores_nothing_and_the_dossier_beside_it_does(
    ward: Ward, archive: Archive, cut: bool
) -> None:
    """The file and the dossier are named; nothing of it comes back, its stored file neither."""
    names = [end(ward, n, scanned=b"paper %d" % n) for n in (1, 2)]
    (file,) = run(archive, BY).files
    place = archive.folder / file
    content = place.read_bytes()
    with ward.store.read() as tx:
        last = index.get(tx, names[1])
    assert last is not None
    middle = last.place + last.length // 2
    other = b"A" if content[middle : middle + 1] != b"A" else b"B"
    place.write_bytes(content[:middle] + (b"" if cut else other + content[middle + 1 :]))
    with pytest.raises(ArchiveDamaged, match=f"{file}: the part of {names[1]} was changed"):
        restoring.restore(archive, names[1], BY)
    assert restoring.restore(archive, names[0], BY)
    with ward.store.read() as tx:
        assert [found.number for found in rows.load(tx, names)] == [names[0]]
        assert len(tx.execute(sa.select(blobs)).all()) == 1
    place.write_bytes(content)
    assert restoring.restore(archive, names[1], BY)
