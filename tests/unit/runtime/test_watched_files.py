"""Files that are read again when they change, and left alone when they cannot be used."""

from pathlib import Path

import pytest

from hub.runtime.watched_files import WatchedFiles


def pair(place: Path) -> str:
    """Read two files that belong together."""
    first, second = (place / "a").read_text(), (place / "b").read_text()
    if first != second:
        raise ValueError("they do not belong together")
    return first


def write(place: Path, name: str, text: str) -> None:
    """Replace a file at once, as programs that renew certificates do."""
    new = place / f"{name}.new"
    new.write_text(text)
    new.replace(place / name)


@pytest.fixture
def files(tmp_path: Path) -> WatchedFiles[str]:
    """Two files, checked at each question."""
    for name in "ab":
        write(tmp_path, name, "old")
    return WatchedFiles([tmp_path / "a", tmp_path / "b"], lambda: pair(tmp_path), each=0)


def test_a_changed_file_is_read_again(files: WatchedFiles[str], tmp_path: Path) -> None:
    """When all belong together again; until then the value stays."""
    assert files.value() == "old"
    write(tmp_path, "a", "new")
    assert files.value() == "old"
    write(tmp_path, "b", "new")
    assert files.value() == "new"


def test_a_missing_file_changes_nothing_until_it_is_back(
    files: WatchedFiles[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log says so once, not at each question."""
    (tmp_path / "a").unlink()
    assert [files.value() for _ in range(3)] == ["old"] * 3
    assert capsys.readouterr().out.count("files_unusable") == 1
    for name in "ab":
        write(tmp_path, name, "new")
    assert files.value() == "new"


def test_files_that_cannot_be_used_at_first_are_an_error(tmp_path: Path) -> None:
    """A hub does not start with them."""
    with pytest.raises(OSError, match="a"):
        WatchedFiles([tmp_path / "a"], lambda: pair(tmp_path))


def test_files_are_believed_for_a_while(tmp_path: Path) -> None:
    """A busy process does not look at the disk for each connection."""
    for name in "ab":
        write(tmp_path, name, "old")
    files = WatchedFiles([tmp_path / "a", tmp_path / "b"], lambda: pair(tmp_path), each=3600)
    for name in "ab":
        write(tmp_path, name, "new")
    assert files.value() == "old"
