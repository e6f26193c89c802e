"""A run of the archive that dies at each of its steps: nothing lost, nothing deleted that was not
read back, nothing archived twice; the next run goes on.
"""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.messages.catalog import READERS
from hub.operations.archive.files import verifying
from hub.runtime.failpoints import Point
from hub.store.archive import files, index, rows
from hub.store.conservation.proof import prove
from hub.store.engine.store import Store
from tests.support.archive.ended import deliver_all, end, number, take_in
from tests.support.programs.hub_command import run_hub
from tests.support.ward import open_ward

COUNT = 60
"""More rows than one batch may delete."""
RUN = ("run", "--reason", "monthly", "--actor", "Trần Thị Bình")
RESTORE = ("restore", number(1), "--reason", "court", "--actor", "Trần Thị Bình")


def command(directory: Path, armed: str, *words: str, days: int = 800) -> int:
    """Run `hub archive` in a process of its own, so many days later; return its exit code."""
    environment = {"HUB_DATA_DIR": str(directory)}
    return run_hub(environment, "archive", *words, armed=armed, days=days).returncode


@dataclass
class Ended:
    """An installation with ended dossiers, and the rows of each."""

    directory: Path
    lines: dict[str, list[bytes]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Made once: dossiers that have ended, the first with a scan, and one under way."""
    directory = tmp_path_factory.mktemp("ended")
    with open_ward(directory) as ward:
        names = [end(ward, n, scanned=b"paper" if n == 1 else b"") for n in range(1, COUNT + 1)]
        take_in(ward, COUNT + 1)
        deliver_all(ward.store)
        with ward.store.read() as tx:
            lines = {found.number: list(found.lines()) for found in rows.load(tx, names)}
    return Ended(directory, lines)


@pytest.fixture
def ended(template: Ended, tmp_path: Path) -> Ended:
    """A copy of the installation."""
    directory = tmp_path / "hub"
    shutil.copytree(template.directory, directory)
    for path in (directory / "files").rglob("*"):
        os.utime(path, (0, 0))  # stored long ago: what was stored today is not removed
    return Ended(directory, template.lines)


BEFORE_RECORDED = {
    Point.ARCHIVE_AFTER_BEGIN,
    Point.ARCHIVE_AFTER_WRITE,
    Point.ARCHIVE_AFTER_RENAME,
}
BEFORE_COMPARED = {*BEFORE_RECORDED, Point.ARCHIVE_AFTER_RECORD, Point.ARCHIVE_AFTER_COMPARE}
"""Up to here nothing may be deleted: the file was not read back, or was just now."""
POINTS = [point for point in Point if point.value.startswith("archive_")]


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_dies_is_run_again(ended: Ended, point: Point) -> None:
    """After the kill each dossier is whole, in the database or in a file; then all are archived."""
    assert command(ended.directory, f"{point}=kill@1", *RUN) == -signal.SIGKILL
    store = Store(f"sqlite:///{ended.directory}/hub.db")
    with store.read() as tx:
        here = {found.number: list(found.lines()) for found in rows.load(tx, list(ended.lines))}
        there = index.known(tx, ended.lines)
        assert prove(tx, READERS).good
        recorded = {file.seq for file in files.known(tx)}
    assert here.keys() | there == ended.lines.keys()
    assert not here.keys() & there
    assert all(lines == ended.lines[name] for name, lines in here.items())
    if point in BEFORE_COMPARED:
        assert there == set()
    assert bool(recorded) == (point not in BEFORE_RECORDED)
    assert command(ended.directory, "", *RUN) == 0
    with store.read() as tx:
        assert index.known(tx, ended.lines) == ended.lines.keys()
        assert len(rows.load(tx, [number(COUNT + 1)])) == 1
        assert prove(tx, READERS).good
        made = files.known(tx)
    assert [file.state for file in made] == ["done"] * len(made)
    assert sum(file.dossiers or 0 for file in made) == COUNT
    folder = ended.directory / "archive"
    assert verifying.verify(store, folder).problems == ()
    assert not list(folder.glob(".*.new"))
    assert not [path for path in (ended.directory / "files").rglob("*") if path.is_file()]
    store.close()


def test_restoring_that_dies_is_run_again(ended: Ended) -> None:
    """Killed between its files and its rows; the second run brings each row back as it was."""
    assert command(ended.directory, "", *RUN) == 0
    armed = f"{Point.RESTORE_AFTER_FILES}=kill@1"
    assert command(ended.directory, armed, *RESTORE) == -signal.SIGKILL
    store = Store(f"sqlite:///{ended.directory}/hub.db")
    with store.read() as tx:
        assert rows.load(tx, [number(1)]) == []
    assert command(ended.directory, "", *RESTORE) == 0
    with store.read() as tx:
        (back,) = rows.load(tx, [number(1)])
        assert prove(tx, READERS).good
    assert list(back.lines()) == ended.lines[number(1)]
    store.close()


def test_erasing_that_dies_is_run_again(ended: Ended) -> None:
    """By age, in the database: what the first run left, the second one erases."""
    point = Point.ERASE_BETWEEN_BATCHES
    assert command(ended.directory, f"{point}=kill@1", *RUN, days=4000) == -signal.SIGKILL
    store = Store(f"sqlite:///{ended.directory}/hub.db")
    with store.read() as tx:
        erased = [it.column("dossiers", "erased_at") for it in rows.load(tx, list(ended.lines))]
    assert 0 < erased.count([None]) < COUNT
    assert command(ended.directory, "", *RUN, days=4000) == 0
    with store.read() as tx:
        assert all(index.get(tx, name).erased_at for name in ended.lines)  # type: ignore[union-attr]
        assert prove(tx, READERS).good
    store.close()
    assert not [path for path in (ended.directory / "files").rglob("*") if path.is_file()]
