"""The archive inside the timer's process: it runs by itself, gives way at a stop, and reports."""

import errno
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.operations.archive import role
from hub.operations.archive.config import Archive
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.leading import leading
from hub.operations.archive.run.archiving import run
from hub.rules.retention.ends import KeepReason
from hub.runtime.telemetry import Event
from hub.store.archive import index, rows
from hub.texts import both
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import end
from tests.support.ward import Ward


def test_it_archives_by_itself_and_stops_when_told(ward: Ward, archive: Archive) -> None:
    """One run at its start; then it waits, and a stop does not wait for the next one."""
    name = end(ward, 1)
    archived = threading.Event()
    told = Archive(
        **{
            **{field: getattr(archive, field) for field in archive.__dataclass_fields__},
            "progress": lambda step, _: archived.set() if step == "archived" else None,
        }
    )
    archivist = role.Archivist(told, every=timedelta(hours=1))
    archivist.start()
    assert archived.wait(30)
    archivist.stop()
    assert archivist.trouble == ""
    with ward.store.read() as tx:
        assert index.get(tx, name) is not None


def test_a_damaged_file_and_another_leader_crash_nothing(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are normal for a role that looks again in an hour."""
    name = end(ward, 1)
    archivist = role.Archivist(archive, every=timedelta(hours=1))
    with leading(archive.store, archive.folder):
        archivist.run_archive()

    def damaged(*_: object, **__: object) -> None:
        raise ArchiveDamaged(both("archive.changed", file="x.jsonl"))

    monkeypatch.setattr(role, "run", damaged)
    archivist.run_archive()
    with ward.store.read() as tx:
        assert index.get(tx, name) is None


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Event, object]]:
    """What the archivist logs: event and detail."""
    lines: list[tuple[Event, object]] = []

    class Log:
        def __getattr__(self, _: str) -> Callable[..., None]:
            return lambda event, **words: lines.append((event, words.get("detail")))

    monkeypatch.setattr(role, "log", Log())
    return lines


def test_a_folder_that_cannot_be_used_is_logged_once_a_run(
    ward: Ward, archive: Archive, logged: list[tuple[Event, object]]
) -> None:
    """The role does not crash and run again at once; with the folder right it archives."""
    name = end(ward, 1)
    archive.folder.write_text("a file stands where the folder should be")
    archivist = role.Archivist(archive, every=timedelta(hours=1))
    archivist.run_archive()
    ((event, detail),) = logged
    assert event is Event.ARCHIVE_STOPPED
    assert "EEXIST" in str(detail)
    archive.folder.unlink()
    archivist.run_archive()
    with ward.store.read() as tx:
        assert index.get(tx, name) is not None


def test_a_stored_file_that_the_disk_does_not_read_keeps_its_dossier(
    ward: Ward, archive: Archive
) -> None:
    """As one that is missing: the run goes on with the others and says which one."""
    ill, well = end(ward, 1, scanned=b"ill"), end(ward, 2, scanned=b"well")
    with ward.store.read() as tx:
        (here,) = rows.load(tx, [ill])
    place = ward.files.path(here.column("dossier_files", "sha256")[0])
    real = Path.open

    def broken(path: Path, *args: object, **named: object) -> object:
        if path == place:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, *args, **named)  # type: ignore[call-overload]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "open", broken)
        report = run(archive, BY)
    assert (report.archived, dict(report.kept)) == (1, {KeepReason.FILE_MISSING: 1})
    with ward.store.read() as tx:
        assert index.known(tx, [ill, well]) == {well}


def test_another_leader_is_logged(archive: Archive, logged: list[tuple[Event, object]]) -> None:
    """A process that never archives says why."""
    with leading(archive.store, archive.folder):
        role.Archivist(archive, every=timedelta(hours=1)).run_archive()
    assert [event for event, _ in logged] == [Event.ARCHIVE_LED_ELSEWHERE]


def test_a_run_that_stands_still_is_in_trouble_and_one_that_rests_is_not(
    ward: Ward, archive: Archive
) -> None:
    """Each step and each look for late deliveries counts as progress; a step without end does not.

    The patience is cut to nothing, so that a beat is the only thing that can end the trouble.
    """
    end(ward, 1)
    standing, go_on, archived = threading.Event(), threading.Event(), threading.Event()

    def stand_still(step: str, _: int) -> None:
        if step == "compared":
            standing.set()
            assert go_on.wait(30)
        if step == "archived":
            archived.set()

    archivist = role.Archivist(replace(archive, progress=stand_still), every=timedelta(hours=1))
    archivist.start()
    try:
        assert standing.wait(30)
        beaten = archivist.beaten
        archivist.patience = 0.0
        assert archivist.trouble.startswith("no progress")
        archivist.patience = 3600.0
        go_on.set()
        assert archived.wait(30)
        assert archivist.beaten > beaten
        assert archivist.trouble == ""
    finally:
        go_on.set()
        archivist.stop()
