"""A download ends in its time, however the bytes trickle in, and what was cut is no whole file."""

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from adapters.wire.download import Download, download
from adapters.wire.http import Limits
from adapters.wire.reading import Findings
from hub.ports import Drift, DriftKind
from hub.rules.failures.errors import TransientFailure
from tests.support.network.raw_server import RawServer, raw_server

SOON = timedelta(milliseconds=500)
"""Enough for the head of a reply on a busy machine."""
LIMITS = Limits(reply_timeout=timedelta(seconds=20))
HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def trickling(head: bytes) -> Iterator[str]:
    """Run a server that sends `head` at once and then a byte now and then, for ever."""
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(head)
            try:
                while not ended.wait(0.005):
                    connection.sendall(b"a")
            except OSError:
                return  # it was cut

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join(20)


def read_all(stream: Download) -> int:
    """Return how many bytes come."""
    count = 0
    while piece := stream.read(65_536):
        count += len(piece)
    return count


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: 100000000\r\n\r\n",
        HEAD + b"Connection: close\r\n\r\n",  # its end is the end of the line: like a cut
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",  # never gets to the end of a chunk's size
    ],
    ids=["length", "no length", "chunked"],
)
def test_a_file_that_trickles_in_is_given_up_and_not_taken_for_whole(head: bytes) -> None:
    """Each single read may get a byte in time: the limit is that of the whole file."""
    with (
        trickling(head) as url,
        download(url, "/file", {}, LIMITS, limit=10**8, within=SOON) as stream,
        pytest.raises(TransientFailure, match="did not end in time"),
    ):
        read_all(stream)


def test_a_head_that_trickles_in_is_given_up() -> None:
    """It has the reply timeout as a whole, not for each byte."""
    with trickling(HEAD + b"X-Long: ") as url, pytest.raises(TransientFailure):
        download(url, "/file", {}, Limits(reply_timeout=SOON), limit=100)


def test_a_download_can_be_ended_from_another_thread() -> None:
    """A stop does not wait for a partner."""
    with (
        trickling(HEAD + b"Content-Length: 100000000\r\n\r\n") as url,
        download(url, "/file", {}, LIMITS, limit=10**8) as stream,
    ):
        assert stream.read(1) == b"a"
        stream.cut()
        with pytest.raises(TransientFailure):
            read_all(stream)


FILE = b"%PDF-1.4 " + bytes(range(256)) * 400
PACKED = {
    "gzip": gzip.compress(FILE),
    "x-gzip": gzip.compress(FILE[:9]) + gzip.compress(FILE[9:]),
    "deflate": zlib.compress(FILE),
    "Deflate": zlib.compress(FILE, wbits=-15),
    "GZIP": FILE,
}


def coded(server: RawServer, coding: str, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    server.play([head.encode() + body])


@pytest.mark.parametrize("coding", PACKED)
def test_a_file_that_comes_compressed_is_undone_within_its_limit(coding: str) -> None:
    """Nobody asked for it; it is told, and no more bytes come out than are wanted."""
    drift: list[Drift] = []
    with raw_server() as server:
        for limit in (len(FILE), 1000):
            coded(server, coding, PACKED[coding])
            findings = Findings("town_center", "resultFile", observe=drift.extend)
            with download(server.url, "/f", {}, LIMITS, limit=limit, findings=findings) as stream:
                content = b"".join(iter(lambda: stream.read(777), b""))
            assert content == FILE[:limit]
    assert {(it.operation, it.kind) for it in drift} == {("resultFile", DriftKind.CODING)}


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(FILE)[:-20]),
        ("gzip", gzip.compress(FILE) + b"more"),
        ("gzip", gzip.compress(FILE)[:50] + b"\0" * 50),
        ("deflate", zlib.compress(FILE)[:-3]),
        ("deflate", FILE),
    ],
)
def test_a_compressed_file_that_breaks_off_is_no_whole_file(coding: str, body: bytes) -> None:
    """It is pulled again later."""
    with raw_server() as server:
        coded(server, coding, body)
        with (
            download(server.url, "/f", {}, LIMITS, limit=10**8) as stream,
            pytest.raises(TransientFailure, match="breaks off"),
        ):
            read_all(stream)
