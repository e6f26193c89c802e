"""What tests of the archive's steps share: something happens at one, and nothing may be lost."""

from collections.abc import Callable

import pytest

from hub.messages.catalog import READERS
from hub.operations.archive import erasing
from hub.operations.archive.config import Archive
from hub.operations.archive.files import verifying, writing
from hub.operations.archive.files.reading import open_rows, read_dossier
from hub.operations.archive.run import archiving, deleting
from hub.runtime.failpoints import Point
from hub.store.archive import files, index, rows
from hub.store.conservation.proof import prove
from tests.support.archive.ended import end
from tests.support.ward import Ward

POINTS = [point for point in Point if point.value.startswith("archive_")]
PAPER = bytes(range(256)) * 300
Lines = dict[str, list[bytes]]
"""The rows of dossiers, by their numbers."""


def ended(ward: Ward, count: int) -> Lines:
    """Bring so many dossiers to their end, each with a stored file; return their rows."""
    names = [end(ward, n, scanned=PAPER) for n in range(1, count + 1)]
    with ward.store.read() as tx:
        return {found.number: list(found.lines()) for found in rows.load(tx, names)}


def at_step(monkeypatch: pytest.MonkeyPatch, point: Point, happens: Callable[[], object]) -> None:
    """Have something happen when a run of the archive passes a step for the first time."""
    left = [point]

    def passing(passed: Point) -> None:
        if passed in left:
            left.remove(passed)
            happens()

    for module in (archiving, writing, deleting, erasing):
        monkeypatch.setattr(module, "passing", passing)


def check_nothing_is_lost(ward: Ward, archive: Archive, lines: Lines) -> None:
    """Each dossier is whole here, or in a file from which it can be read, and not in both."""
    with ward.store.read() as tx:
        here = {found.number: list(found.lines()) for found in rows.load(tx, list(lines))}
        there = index.known(tx, lines)
        assert prove(tx, READERS).good
    assert here.keys() | there == lines.keys()
    assert not here.keys() & there
    for name, found in here.items():
        assert found == lines[name]
    for name in there:
        assert read_back(ward, archive, name) == lines[name]


def read_back(ward: Ward, archive: Archive, name: str) -> list[bytes]:
    """Return the rows of an archived dossier from its file; all of its parts are unsealed."""
    with ward.store.read() as tx:
        found = index.get(tx, name)
        assert found is not None
        place = archive.folder / files.one(tx, found.file).name
        key = index.keys(tx, [name])[name]
    parts = read_dossier(place, at=found.place, length=found.length, key=key, number=name)
    (_, packed), *_ = list(parts)
    return list(open_rows(packed))


def check_all_are_archived(ward: Ward, archive: Archive, lines: Lines) -> None:
    """Every file is whole and done with, and nothing else lies in the folder."""
    check_nothing_is_lost(ward, archive, lines)
    with ward.store.read() as tx:
        assert index.known(tx, lines) == lines.keys()
        assert {file.state for file in files.known(tx)} == {"done"}
    assert verifying.verify(ward.store, archive.folder).problems == ()
    assert not list(archive.folder.glob(".*.new"))
