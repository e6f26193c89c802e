"""Files that a scanner still writes, or writes anew, while the source reads them."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.copies import TAKEN
from adapters.devices.scanner.simulator import page, scan
from adapters.devices.scanner.source import ScannerSource
from hub.exchange.intake.accept import Intake
from hub.messages.envelope import Attachment
from hub.store.engine.store import Store
from tests.support.accepted import accepted

NUMBER = "000.99.01.H57-180806-0001"
NAME = f"{NUMBER}__TP-01.pdf"
AT = datetime(2018, 8, 6, 1, 30, tzinfo=UTC)


def test_a_file_that_is_quiet_between_its_pages_is_waited_for(
    store: Store, sink: Intake, folder: Path
) -> None:
    """Empty, then a page, then the rest, long apart: only the whole document is the paper."""
    clock = [0.0]
    source = ScannerSource(folder, monotonic=lambda: clock[0])
    whole = page("paper")
    for length in (0, 200):
        (folder / NAME).write_bytes(whole[:length])
        for _ in range(3):
            clock[0] += 20
            assert source.poll_hot_folder(sink) == 0
    (folder / NAME).write_bytes(whole)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
    assert (folder / TAKEN / NAME).read_bytes() == whole
    assert len(accepted(store)) == 1


def test_a_file_of_its_final_size_is_not_taken_before_its_bytes_are_there(
    store: Store, sink: Intake, folder: Path
) -> None:
    """The size was reserved and the time is set back: neither tells, the content does."""
    source, whole = ScannerSource(folder), page("paper")
    path = folder / NAME
    for content in (bytes(len(whole)), whole[:400] + bytes(len(whole) - 400), whole):
        with path.open("r+b" if path.exists() else "wb") as stream:
            stream.write(content)
        os.utime(path, (1_533_519_000, 1_533_519_000))
        assert source.poll_hot_folder(sink) == 0
        if content != whole:
            assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 0)
    assert source.poll_hot_folder(sink) == 1
    assert (folder / TAKEN / NAME).read_bytes() == whole
    assert len(accepted(store)) == 1


def test_a_change_that_keeps_size_and_time_is_a_change(sink: Intake, folder: Path) -> None:
    """The rest begins anew: no program can set the time of change."""
    clock = [0.0]
    source = ScannerSource(folder, rest=timedelta(seconds=10), monotonic=lambda: clock[0])
    path, seconds = folder / NAME, 1_533_519_000
    path.write_bytes(page("one"))
    os.utime(path, (seconds, seconds))
    assert source.poll_hot_folder(sink) == 0
    clock[0] = 8
    path.write_bytes(page("two"))
    os.utime(path, (seconds, seconds))
    assert source.poll_hot_folder(sink) == 0
    clock[0] = 11
    assert source.poll_hot_folder(sink) == 0
    clock[0] = 18
    assert source.poll_hot_folder(sink) == 1
    assert (folder / TAKEN / NAME).read_bytes() == page("two")


def during_store_file(sink: Intake, act: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Have `act` done once, while the source reads its first file."""
    real, left = sink.store_file, [act]

    def store_file(stream: object, **told: str) -> Attachment:
        file = real(stream, **told)  # type: ignore[arg-type]
        if left:
            left.pop()()
        return file

    patch.setattr(sink, "store_file", store_file)


def test_a_rescan_while_the_first_is_read_is_a_scan_of_its_own(
    store: Store, sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is what is moved; the rescan stays and is taken next."""
    source = ScannerSource(folder)
    scan(folder, number=NUMBER, component="TP-01", title="first", at=AT)

    def rescan() -> None:
        scan(folder, number=NUMBER, component="TP-01", title="second", at=AT)

    during_store_file(sink, rescan, monkeypatch)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
    assert (source.poll_hot_folder(sink), source.poll_hot_folder(sink)) == (0, 1)
    contents = [path.read_bytes() for path in sorted((folder / TAKEN).iterdir())]
    assert sorted(contents) == sorted(page(f"{NUMBER} TP-01 {n}") for n in ("first", "second"))
    assert len(accepted(store)) == 2
    assert list((folder / CLAIMED).iterdir()) == []


def test_a_writer_that_goes_on_while_its_file_is_read_is_waited_for(
    store: Store, sink: Intake, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it wrote last is what the hub gets; the half that was read is not told."""
    source = ScannerSource(folder)
    (folder / NAME).write_bytes(page("half"))
    writer = (folder / NAME).open("r+b")
    whole = page("half and the other half")

    def go_on() -> None:
        writer.write(whole)
        writer.close()

    during_store_file(sink, go_on, monkeypatch)
    looks = [source.poll_hot_folder(sink) for _ in range(4)]
    assert sum(looks) == 1
    assert (folder / TAKEN / NAME).read_bytes() == whole
    assert len(accepted(store)) == 1
