"""Stored files that no message ever named: they go in the end, and never those of another store."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hub.operations.archive.config import Archive
from hub.operations.archive.role import Archivist
from hub.operations.archive.run.archiving import run
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end, take_in
from tests.support.ward import Ward


def stored(ward: Ward, content: bytes, *, long_ago: bool = True) -> Path:
    """Store a file of which no message comes."""
    place = ward.files.path(ward.file(content, "x").sha256)
    if long_ago:
        os.utime(place, (0, 0))
    return place


def test_a_file_whose_message_was_refused_goes_after_a_while(ward: Ward, archive: Archive) -> None:
    """One that was stored lately may still be named; those that dossiers have stay."""
    end(ward, 1, scanned=b"paper")
    before = set(ward.files.directory.rglob("*"))
    refused, lately = stored(ward, b"refused"), stored(ward, b"lately", long_ago=False)
    end(ward, 2, scanned=b"paper of another")
    report = run(archive, BY, before=BY["now"].replace(year=2000))
    assert (report.removed, report.unknown) == (1, 0)
    assert not refused.exists()
    assert lately.exists()
    assert all(path.exists() for path in before)


def test_a_folder_of_another_database_loses_nothing(ward: Ward, archive: Archive) -> None:
    """A trial on an empty database beside the folder of the real one; the run says so."""
    end(ward, 1, scanned=b"paper")
    theirs = [stored(ward, b"theirs %d" % n) for n in range(2)]
    report = run(archive, BY)
    assert report.unknown == 2
    assert all(path.exists() for path in theirs)


def test_the_timer_looks_for_them_once_a_day(ward: Ward, archive: Archive) -> None:
    """Each look reads the whole folder, and it archives each hour."""
    take_in(ward, 1, scanned=b"paper")
    days = [0.0]
    clock = lambda: LONG_AFTER + timedelta(days=days[0])  # noqa: E731
    archivist = Archivist(replace(archive, clock=clock), every=timedelta(hours=1))
    archivist.run_archive()
    refused = stored(ward, b"refused")
    days[0] = 0.9
    archivist.run_archive()
    assert refused.exists()
    days[0] = 1.0
    archivist.run_archive()
    assert not refused.exists()
