"""No room left for the archive: nothing is deleted, nothing is left behind, then it goes on."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.operations.archive.run.archiving import run
from hub.store.archive import index, rows
from hub.texts import both
from tests.contract.archive.conftest import BY, archive_of
from tests.support.archive.ended import end
from tests.support.database.small_disk import SmallDisk
from tests.support.ward import Ward, open_ward

NO_ROOM = both("archive.no_room_for_files")

MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be made full; mounting it needs root."""
    with SmallDisk(tmp_path / "disk") as disk:
        if not disk.mounted:
            pytest.skip("mounting a tmpfs is not permitted here")
        yield disk


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward on another disk than its archive."""
    with open_ward(tmp_path / "ward") as made:
        yield made


@pytest.fixture
def beside(disk: SmallDisk, tmp_path: Path) -> Iterator[Ward]:
    """A ward whose stored files are on the disk of its archive; its database is on another one."""
    for folder in (disk.place / "files", tmp_path / "beside"):
        folder.mkdir(mode=0o700)
    (tmp_path / "beside" / "files").symlink_to(disk.place / "files")
    with open_ward(tmp_path / "beside") as made:
        made.files.limit = 4 * MIB
        yield made


def test_a_full_disk_stops_the_run_and_deletes_nothing(ward: Ward, disk: SmallDisk) -> None:
    """The operator is told; with room again, the same dossiers go."""
    names = [end(ward, n, scanned=bytes(range(256)) * 300) for n in range(1, 4)]
    archive = archive_of(ward, disk.place)
    archive.folder.mkdir(parents=True, mode=0o700)
    (archive.folder / ".lock").touch()
    with disk.full():
        report = run(archive, BY)
    assert (report.archived, report.stopped) == (0, NO_ROOM)
    assert [path.name for path in archive.folder.iterdir()] == [".lock"]
    with ward.store.read() as tx:
        assert len(rows.load(tx, names)) == 3
    assert run(archive, BY).archived == 3
    with ward.store.read() as tx:
        assert index.known(tx, names) == set(names)


def test_room_for_one_archive_file_is_enough_for_two(beside: Ward, disk: SmallDisk) -> None:
    """A file takes half of what is free, or one dossier; then its stored files go."""
    for n in (1, 2):
        end(beside, n, scanned=os.urandom(MIB))
    with disk.left(2 * MIB):  # each archive file takes 1.4
        report = run(archive_of(beside, disk.place), BY)
    assert (report.archived, report.removed, report.stopped) == (2, 2, None)
    assert len(report.files) == 2


def test_files_that_an_earlier_run_left_go_also_where_there_is_no_room_to_archive(
    beside: Ward, disk: SmallDisk
) -> None:
    """Else a disk that is full once would stay full for ever."""
    archive = archive_of(beside, disk.place)
    end(beside, 1, scanned=os.urandom(MIB))
    assert run(replace(archive, untouched=timedelta(days=1)), BY).removed == 0
    end(beside, 2, scanned=os.urandom(2 * MIB))
    with disk.full():
        report = run(archive, BY)
    assert (report.archived, report.removed, report.stopped) == (
        0,
        1,
        both("archive.no_room_for_files"),
    )
    assert run(archive, BY).archived == 1
