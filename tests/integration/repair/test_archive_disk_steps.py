"""A disk that fills at any step of the archive: nothing is lost, nothing is deleted that was not
read back, a person is told what to do, and with room again the next run goes on.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.operations.archive import findings
from hub.operations.archive.config import Archive
from hub.operations.archive.run import deleting, selecting
from hub.operations.archive.run.archiving import run
from hub.runtime.failpoints import Point
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.texts import both
from tests.contract.archive.conftest import BY, archive_of
from tests.support.archive.steps import (
    POINTS,
    at_step,
    check_all_are_archived,
    check_nothing_is_lost,
    ended,
)
from tests.support.database.small_disk import SmallDisk
from tests.support.ward import Ward, open_ward

COUNT = 4
UNWRITTEN = {None, Point.ARCHIVE_AFTER_BEGIN, Point.ARCHIVE_AFTER_WRITE}
"""Where the archive's own disk has still to take something."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be made full; mounting it needs root."""
    with SmallDisk(tmp_path / "disk") as disk:
        if not disk.mounted:
            pytest.skip("mounting a tmpfs is not permitted here")
        yield disk


@pytest.fixture(params=["archive", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path, disk: SmallDisk) -> tuple[Path, Path]:
    """Folders of the ward and of the archive; one of them is on the disk."""
    other = tmp_path / "other"
    other.mkdir()
    return (other, disk.place) if request.param == "archive" else (disk.place, other)


@pytest.fixture
def ward(place: tuple[Path, Path]) -> Iterator[Ward]:
    """A ward with SQLite."""
    with open_ward(place[0]) as made:
        yield made


@pytest.fixture
def archive(ward: Ward, place: tuple[Path, Path]) -> Archive:
    """Its archive."""
    return archive_of(ward, place[1])


def open_tasks(store: Store) -> list[tuple[str, str]]:
    """Return kind and subject of what a person has to look after."""
    with store.read() as tx:
        return [(row.kind, row.subject) for row in tasks.still_open(tx)]


@pytest.mark.parametrize("point", [None, *POINTS])
def test_a_disk_that_fills_stops_the_run_and_the_next_one_goes_on(
    ward: Ward,
    archive: Archive,
    disk: SmallDisk,
    monkeypatch: pytest.MonkeyPatch,
    point: Point | None,
) -> None:
    """From the beginning, or at each step; the archive's disk, or that of the database."""
    lines = ended(ward, COUNT)
    monkeypatch.setattr(deleting, "BATCH", 1)
    own = archive.folder.is_relative_to(disk.place)
    with ExitStack() as full:
        if point is None:
            full.enter_context(disk.full())
        else:
            at_step(monkeypatch, point, lambda: full.enter_context(disk.full()))
        report = run(archive, BY)
        check_nothing_is_lost(ward, archive, lines)
    no_room = both("archive.no_room_for_files" if own else "archive.no_room_for_database")
    assert report.stopped in (None, no_room)
    if own:
        assert (report.archived, bool(report.stopped)) == (
            (0, True) if point in UNWRITTEN else (COUNT, False)
        )
        assert open_tasks(ward.store) == [(findings.STOPPED, findings.ROOM)] * (point in UNWRITTEN)
    again = run(archive, BY)
    assert (report.archived + again.archived, again.stopped) == (COUNT, None)
    assert open_tasks(ward.store) == []
    check_all_are_archived(ward, archive, lines)


def test_a_nearly_full_disk_takes_what_there_is_room_for(
    ward: Ward, archive: Archive, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In smaller files: a month that does not fit as a whole."""
    if not archive.folder.is_relative_to(disk.place):
        pytest.skip("the other disk")
    ended(ward, COUNT)
    monkeypatch.setattr(selecting, "PAGE", 1)
    archive.folder.mkdir(parents=True, mode=0o700)
    with disk.left(300_000):
        report = run(archive, BY)
    assert report.stopped == both("archive.no_room_for_files")
    assert 0 < report.archived < COUNT
    assert run(archive, BY).archived == COUNT - report.archived
