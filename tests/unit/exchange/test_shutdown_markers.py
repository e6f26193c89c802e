"""Shutdown markers: what a stop ended is read by the next start on this machine, and only that."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub.exchange.isolation.shutdown_markers import Marker, ShutdownMarkers


def told(markers: list[Marker]) -> list[tuple[str, int]]:
    """Return keys and numbers, by key."""
    return sorted((marker.key, marker.number) for marker in markers)


def test_what_was_left_is_read_once_by_a_later_process(tmp_path: Path) -> None:
    """Keys may be anything that a message id can be."""
    folder, odd = tmp_path / "stopped", "a/b c\nd"
    ShutdownMarkers(folder, "message").leave(odd, 2)
    ShutdownMarkers(folder, "message").leave("m", 1)
    later = ShutdownMarkers(folder, "message")
    assert told(later.left()) == [(odd, 2), ("m", 1)]
    (first,) = [marker for marker in later.left() if marker.key == odd]
    first.forget()
    first.forget()
    assert told(later.left()) == [("m", 1)]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_each_kind_reads_its_own_markers(tmp_path: Path) -> None:
    """Also where the name of one kind begins with the name of another."""
    ShutdownMarkers(tmp_path, "query-town-center").leave("7", 3)
    assert ShutdownMarkers(tmp_path, "query-town").left() == []
    assert told(ShutdownMarkers(tmp_path, "query-town-center").left()) == [("7", 3)]


def test_a_marker_that_was_cut_off_says_nothing(tmp_path: Path) -> None:
    """The disk was full: the stop counts as a crash."""
    markers = ShutdownMarkers(tmp_path, "message")
    markers.leave("m", 1)
    (path,) = tmp_path.iterdir()
    for cut in ("", "1", "1 other", "\u00b2 m"):
        path.write_text(cut, encoding="utf-8")
        assert markers.left() == []


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    """The stop goes on all the same."""
    (tmp_path / "file").touch()
    for folder in (None, tmp_path / "file"):
        markers = ShutdownMarkers(folder, "message")
        markers.leave("m", 1)
        assert markers.left() == []


def test_files_of_the_last_release_are_read(tmp_path: Path) -> None:
    """An upgrade stops a hub whose store may be away: its stop is no crash after the upgrade."""
    (tmp_path / "question-town-center-7-3").touch()
    (tmp_path / "question-provincial-8-1").touch()
    (tmp_path / sha256(b"m").hexdigest()).write_text("2", encoding="ascii")
    (tmp_path / sha256(b"other").hexdigest()).write_text("2", encoding="ascii")
    queries = ShutdownMarkers(tmp_path, "query-town-center").left_by_last_release()
    messages = ShutdownMarkers(tmp_path, "message").left_by_last_release(["m", "n"])
    assert (told(queries), told(messages)) == ([("7", 3)], [("m", 2)])
    for marker in queries + messages:
        marker.forget()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_marker_that_cannot_be_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of another user, or one that another process removed meanwhile."""
    markers = ShutdownMarkers(tmp_path, "message")
    first = markers.leave("a", 1)
    markers.leave("b", 1)
    real = Path.read_text

    def read(path: Path, *arguments: Any, **named: Any) -> str:
        if first is not None and path == first.path:
            raise PermissionError(13, "not yours", str(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", read)
    assert told(markers.left()) == [("b", 1)]


def test_a_marker_that_cannot_be_removed_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would excuse the crash of every later start."""
    ShutdownMarkers(tmp_path, "message").leave("a", 1)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may always
    assert ShutdownMarkers(tmp_path, "message").left() == []
