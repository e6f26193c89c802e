"""One file of 1 GiB into the hub and out again, and the gateway's memory meanwhile.

The file is a PDF whose one page has an enormous stream, so that it passes the check by its content.
Its bytes are made while they are sent and thrown away when they come. It goes at the pace of a
gigabit line, as no partner is on this machine.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.drill.sandbox.loopback import HOST
from tests.benchmarks.gateway.order import FILE_BYTES
from tests.benchmarks.gateway.sides import Side
from tests.benchmarks.running import Report, Stuck

LINE_BYTES = 125_000_000
"""Bytes a second of a gigabit line."""
_PIECE = 256 * 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 1024 * 1024
_TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Transfer:
    """One way of the file, in seconds since 1970."""

    started: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.started


class Pace:
    """Holds a stream of bytes to the pace of the line."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._bytes = 0

    def passed(self, count: int) -> None:
        """Wait until so many more bytes may have passed."""
        self._bytes += count
        ahead = self._bytes / LINE_BYTES - (time.monotonic() - self._since)
        if ahead > 0:
            time.sleep(ahead)


def send(side: Side, report: Report) -> tuple[str, Transfer]:
    """Hand the file in by POST /v1/files; return its sha256. Raises Stuck when it is refused."""
    connection = http.client.HTTPConnection(HOST, side.port, timeout=_TIMEOUT)
    started = time.time()
    headers = {
        **_authorization(side),
        "Content-Type": "application/pdf",
        "Content-Length": str(FILE_BYTES),
    }
    connection.request("POST", "/v1/files", body=_paced(report), headers=headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != 201:
        raise Stuck(f"the file was refused with {response.status}: {answer!r}", side.folder / "log")
    return str(json.loads(answer)["maBamTep"]), Transfer(started, time.time())


def fetch(side: Side, sha256: str, report: Report) -> Transfer:
    """Fetch the file by GET /files; raises Stuck when it is refused or not whole."""
    connection = http.client.HTTPConnection(HOST, side.port, timeout=_TIMEOUT)
    started, pace, through = time.time(), Pace(), 0
    connection.request("GET", f"/files/{sha256}", headers=_authorization(side))
    response = connection.getresponse()
    buffer = bytearray(_PIECE)
    while count := response.readinto(buffer):
        through += count
        report(through, FILE_BYTES)
        pace.passed(count)
    connection.close()
    if response.status != 200 or through != FILE_BYTES:
        raise Stuck(f"{through} bytes came, status {response.status}", side.folder / "log")
    return Transfer(started, time.time())


def _authorization(side: Side) -> dict[str, str]:
    assert side.key_file is not None
    return {"Authorization": f"Bearer {side.key_file.read_text(encoding='ascii')}"}


def _paced(report: Report) -> Iterator[bytes]:
    pace, through = Pace(), 0
    for piece in content(FILE_BYTES):
        yield piece
        through += len(piece)
        report(through, FILE_BYTES)
        pace.passed(len(piece))


def content(size: int) -> Iterator[bytes]:
    """Yield a PDF of exactly `size` bytes with one page."""
    objects = (
        b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n",
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>\nendobj\n",
    )
    head, places = b"%PDF-1.7\n", []
    for each in objects:
        places.append(len(head))
        head += each
    places.append(len(head))

    def around(zeros: int) -> tuple[bytes, bytes]:
        ahead = head + b"4 0 obj\n<</Length %010d>>\nstream\n" % zeros
        behind = b"\nendstream\nendobj\n"
        table = len(ahead) + zeros + len(behind)
        behind += b"xref\n0 5\n0000000000 65535 f \n"
        behind += b"".join(b"%010d 00000 n \n" % place for place in places)
        behind += b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%010d\n%%%%EOF\n" % table
        return ahead, behind

    # All numbers have ten digits, so the frame is as long whatever is in it.
    left = size - sum(map(len, around(0)))
    ahead, behind = around(left)
    yield ahead
    zeros = bytes(_PIECE)
    while left:
        piece = zeros[: min(left, _PIECE)]
        left -= len(piece)
        yield piece
    yield behind


class Memory:
    """The memory of a process over a time, looked at every 20 ms."""

    def __init__(self, pid: int) -> None:
        self._place = Path(f"/proc/{pid}/statm")
        self.before = self._read()
        self.peak = self.before

    @property
    def growth_mb(self) -> float:
        """By how much it was larger at its peak than before."""
        return (self.peak - self.before) / _MB

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch while the block runs."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.02):
                self.peak = max(self.peak, self._read())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _read(self) -> int:
        return int(self._place.read_text(encoding="ascii").split()[1]) * _PAGE
