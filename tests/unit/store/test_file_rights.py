"""What the hub stores is for its own user only."""

import errno
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.bootstrap.installation import open_store
from hub.cli import app
from hub.preflight.store.machine import rights
from hub.settings import Settings
from hub.store.engine.file_rights import open_paths, tighten, write_whole
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


def modes(*paths: Path) -> set[int]:
    """Return the rights of paths."""
    return {stat.S_IMODE(path.stat().st_mode) for path in paths}


def test_what_is_made_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """Directory and files 0700; the database, its log and its index 0600."""
    place, before = tmp_path / "var" / "hub", os.umask(0)
    try:
        store = open_store(Settings(data_dir=str(place)), migrating=True)
        BlobStore(place / "files")
        assert modes(place, place / "files") == {0o700}
        assert modes(*place.glob("hub.db*")) == {0o600}
        assert len(list(place.glob("hub.db*"))) == 3
        store.close()
        Store(f"sqlite:///{tmp_path}/other.db").close()
        assert modes(tmp_path / "other.db") == {0o600}
    finally:
        os.umask(before)


def old(place: Path) -> list[Path]:
    """Make an installation as an older version did; return what is open to others."""
    open_store(Settings(data_dir=str(place)), migrating=True).close()
    for name in ("files", "scans"):
        (place / name).mkdir()
    found = [place, place / "hub.db", place / "files", place / "scans"]
    for path in found:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return found


def test_a_start_tightens_what_an_older_version_left_open(tmp_path: Path) -> None:
    """And the doctor, which changes nothing, names each path with the fix before it."""
    place = tmp_path / "hub"
    found, settings = old(place), Settings(data_dir=str(place))
    (check,) = rights(settings)
    assert not check.ok
    for path in found:
        assert str(path) in check.detail
        assert str(path) in check.fix
    open_store(settings).close()
    assert open_paths(place) == found
    open_store(settings, migrating=True).close()
    assert open_paths(place) == []
    assert next(iter(rights(settings))).ok


@pytest.mark.parametrize("shared", [True, False])
def test_a_place_that_is_not_the_hubs_alone_is_left_to_a_person(
    tmp_path: Path, shared: bool
) -> None:
    """A directory with other things, or with the sticky bit, may be everybody's."""
    place = tmp_path / "hub"
    old(place)
    if shared:
        place.chmod(0o1777)
    else:
        (place / "letters.txt").write_text("dear", encoding="utf-8")
    tighten(place)
    assert open_paths(place) == [place]


def test_a_command_makes_its_files_for_its_own_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hub migrate` with an open umask."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))
    before = os.umask(0)
    try:
        assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    finally:
        os.umask(before)
    assert open_paths(tmp_path / "hub") == []


def test_a_file_that_finds_no_room_leaves_the_old_one_and_no_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark that is written again and again must not fill a full disk with halves."""
    path = tmp_path / "mark"
    write_whole(path, b"1")
    assert modes(path) == {0o600}

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"2")
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"1"
