"""The doctor looks at the folder of the archive, where there is an archive."""

import shutil
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from hub.preflight.check import Check
from hub.preflight.store import archive_folder as module
from hub.preflight.store.archive_folder import archive_folder, check_folder
from hub.settings import Settings
from hub.store.archive import files
from hub.store.engine.store import Store
from tests.support.works import AT

NAME = "2018-08-000001.archive"
Usage = namedtuple("Usage", ["total", "used", "free"])


def examined(store: Store, data: Path, **more: str) -> list[Check]:
    """Return what the doctor finds in an installation."""
    url = "" if store.name == "sqlite" else store.url
    values = {"data_dir": str(data), "database_url": url, **more}
    return list(archive_folder(Settings(**values)))  # type: ignore[arg-type]


def archived(store: Store) -> None:
    """Have an archive file in the database."""
    with store.write() as tx:
        seq = files.begin(tx, name=NAME, month="2018-08", now=AT)
        facts = {"size": 1, "sha256": "a", "manifest_hash": "b", "dossiers": 1, "rows": 1}
        files.complete(tx, seq, previous_hash="", **facts)


def test_without_an_archive_nothing_is_said(store: Store, tmp_path: Path) -> None:
    """A hub that does not archive needs no folder."""
    assert examined(store, tmp_path) == []


def test_a_folder_that_is_not_made_yet_is_good(store: Store, tmp_path: Path) -> None:
    """The first run makes it; the doctor does not."""
    (found,) = examined(store, tmp_path, archive="on")
    assert (found.ok, "not made yet" in found.detail) == (True, True)
    assert not (tmp_path / "archive").exists()


def test_the_newest_file_has_to_be_there(store: Store, tmp_path: Path) -> None:
    """Its disk is not mounted, or the folder is another one: a run would be refused."""
    archived(store)
    place = tmp_path / "elsewhere"
    (found,) = examined(store, tmp_path, archive_dir=str(place))
    assert (found.ok, found.refuses, NAME in found.detail) == (False, False, True)
    place.mkdir()
    (place / NAME).touch()
    (found,) = examined(store, tmp_path, archive_dir=str(place))
    assert found.ok
    assert sorted(place.iterdir()) == [place / NAME]


def test_a_machine_that_does_not_archive_is_not_warned(store: Store, tmp_path: Path) -> None:
    """Of several with one database; with SQLite there is only one."""
    archived(store)
    found = [check.ok for check in examined(store, tmp_path)]
    assert found == ([False] if store.name == "sqlite" else [])


def test_what_is_no_folder_cannot_be_written_to(tmp_path: Path) -> None:
    """The finding names it."""
    (tmp_path / "archive").touch()
    found = check_folder(tmp_path / "archive", newest="", data=tmp_path)
    assert (found.ok, str(tmp_path / "archive") in found.detail) == (False, True)


@pytest.mark.parametrize(("used", "good"), [(79, True), (80, False)])
def test_a_disk_of_its_own_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, used: int, good: bool
) -> None:
    """The disk of the data directory has a line of its own."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, used, 100 - used))
    assert check_folder(tmp_path, newest="", data=tmp_path).ok
    found = check_folder(tmp_path, newest="", data=Path("/proc"))
    assert (found.ok, f"{used} % full" in found.detail) == (good, True)


def test_a_folder_that_does_not_answer_is_a_finding(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start of the hub does not hang with it."""
    answer = threading.Event()
    monkeypatch.setattr(module, "WITHIN", 0.01)
    monkeypatch.setattr(module, "_ready", lambda *_: answer.wait(10))
    (found,) = examined(store, tmp_path, archive="on")
    answer.set()
    assert (found.ok, "does not answer" in found.detail) == (False, True)
