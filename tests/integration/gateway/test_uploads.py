"""Uploads: written once, beside the stored files and off the event loop; nothing half stays."""

import asyncio
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.messages.invalid import InvalidMessage
from hub.store.messages.blobs import BlobStore, Upload
from tests.integration.gateway.test_gateway import FILE_LIMIT, RunningGateway, running

FIELDS = {"Content_Type": "application/pdf", "X_Name": "a.pdf"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway whose files lie in `tmp_path`/files."""
    with running(tmp_path) as gateway:
        yield gateway


def half_files(directory: Path) -> list[str]:
    """Return the names of files that are not whole."""
    return [place.name for place in directory.glob(".in-*")]


def test_an_upload_needs_no_room_but_that_of_the_file_store(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a container /tmp is memory, and one large scan there ends the process."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such place"))
    body = os.urandom(FILE_LIMIT)
    found = gateway.call("PUT", "/files", body, "in-token", **FIELDS)
    assert found == (201, {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)})


def test_an_upload_is_written_off_the_event_loop(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk keeps no other caller waiting; and each byte is written once."""
    looping, written = list[bool](), list[int]()
    real = Upload.write

    def write(upload: Upload, part: bytes) -> None:
        looping.append(asyncio._get_running_loop() is not None)
        written.append(len(part))
        real(upload, part)

    monkeypatch.setattr(Upload, "write", write)
    assert gateway.call("PUT", "/files", b"x" * FILE_LIMIT, "in-token", **FIELDS)[0] == 201
    assert sum(written) == FILE_LIMIT
    assert not any(looping)


def test_a_sender_that_goes_away_leaves_nothing(
    gateway: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its half file is removed at once, not at the next start."""
    begun, gone = threading.Event(), threading.Event()
    real_begin, real_abandon = BlobStore.begin, Upload.abandon

    def begin(store: BlobStore) -> Upload:
        begun.set()
        return real_begin(store)

    def abandon(upload: Upload) -> None:
        real_abandon(upload)
        gone.set()

    monkeypatch.setattr(BlobStore, "begin", begin)
    monkeypatch.setattr(Upload, "abandon", abandon)
    monkeypatch.setattr("hub.gateway.uploads.TOGETHER", 1000)
    with closing(socket.create_connection(("127.0.0.1", gateway.port))) as line:
        head = "PUT /files HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer in-token\r\n"
        head += "Content-Type: application/pdf\r\nX-Name: a.pdf\r\nContent-Length: 90000\r\n\r\n"
        line.sendall(head.encode() + b"x" * 5000)
        assert begun.wait(20)
    assert gone.wait(20)
    assert half_files(tmp_path / "files") == []


def test_what_is_refused_leaves_nothing(gateway: RunningGateway, tmp_path: Path) -> None:
    """Over the limit, or another content than announced."""
    assert gateway.call("PUT", "/files", b"x" * (FILE_LIMIT + 1), "in-token", **FIELDS)[0] == 413
    wrong = {**FIELDS, "X_Sha256": "0" * 64}
    assert gateway.call("PUT", "/files", b"x", "in-token", **wrong)[0] == 422
    assert [*(tmp_path / "files").rglob("*")] == []


def test_leftovers_of_a_killed_process_go_and_uploads_under_way_stay(tmp_path: Path) -> None:
    """Several processes share the folder; what one of them is writing is locked."""
    store = BlobStore(tmp_path)
    (tmp_path / ".in-killed").write_bytes(b"half")
    upload = store.begin()
    upload.write(b"whole")
    assert BlobStore(tmp_path).remove_leftovers() == 1
    assert len(half_files(tmp_path)) == 1
    sha256, _ = upload.finish()
    assert half_files(tmp_path) == []
    assert store.path(sha256).read_bytes() == b"whole"
    assert store.remove_leftovers() == 0


def test_an_upload_that_does_not_end_well_leaves_nothing(tmp_path: Path) -> None:
    """And ending it twice does no harm."""
    store = BlobStore(tmp_path, limit=3)
    upload = store.begin()
    with pytest.raises(InvalidMessage):
        upload.write(b"four")
    upload.abandon()
    upload.abandon()
    assert half_files(tmp_path) == []
