"""No room left for the archive: nothing is deleted, nothing is left behind, then it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.operations.archive.archiving import run
from hub.operations.archive.room import OF_FILES
from hub.store.archive import index, rows
from tests.contract.archive.conftest import BY, archive_of
from tests.support.ended import end
from tests.support.small_disk import SmallDisk
from tests.support.ward import Ward, open_ward


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


def test_a_full_disk_stops_the_run_and_deletes_nothing(ward: Ward, disk: SmallDisk) -> None:
    """The operator is told; with room again, the same dossiers go."""
    names = [end(ward, n, scanned=bytes(range(256)) * 300) for n in range(1, 4)]
    archive = archive_of(ward, disk.place)
    archive.folder.mkdir(parents=True, mode=0o700)
    (archive.folder / ".lock").touch()
    with disk.full():
        report = run(archive, BY)
    assert (report.archived, report.stopped) == (0, OF_FILES)
    assert [path.name for path in archive.folder.iterdir()] == [".lock"]
    with ward.store.read() as tx:
        assert len(rows.load(tx, names)) == 3
    assert run(archive, BY).archived == 3
    with ward.store.read() as tx:
        assert index.known(tx, names) == set(names)
