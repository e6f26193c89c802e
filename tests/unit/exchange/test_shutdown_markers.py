"""Shutdown markers: what a stop ended is read by the next start on this machine, and only that."""

from pathlib import Path

from hub.exchange.isolation.shutdown_markers import ShutdownMarkers


def test_what_was_left_is_read_once_by_a_later_process(tmp_path: Path) -> None:
    """Keys may be anything that a message id can be."""
    folder, odd = tmp_path / "stopped", "a/b c\nd"
    ShutdownMarkers(folder, "message").leave(odd, 2)
    ShutdownMarkers(folder, "message").leave("m", 1)
    later = ShutdownMarkers(folder, "message")
    assert sorted(later.left()) == [(odd, 2), ("m", 1)]
    later.forget(odd, 2)
    later.forget("unknown", 1)
    assert later.left() == [("m", 1)]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_each_kind_reads_its_own_markers(tmp_path: Path) -> None:
    """Also where the name of one kind begins with the name of another."""
    ShutdownMarkers(tmp_path, "query-town-center").leave("7", 3)
    assert ShutdownMarkers(tmp_path, "query-town").left() == []
    assert ShutdownMarkers(tmp_path, "query-town-center").left() == [("7", 3)]


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
