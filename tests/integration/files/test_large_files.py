"""A file of 1 GiB goes in and out while the gateway's memory stays flat; prints the figures.

The gateway is a process of its own, with the check of contents. Long.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.gateway.soap.test_soap_bodies import MTOM, XOP, envelope, package, submission

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(1200)]
MIB = 1024 * 1024
SIZE = 1024 * MIB
MOST_GROWTH = 32 * MIB
PIECE = MIB
"""Bytes that the test sends and reads together."""


@dataclass(slots=True)
class Gateway:
    """A running gateway, and by how much its memory grew."""

    pid: int
    port: int
    key: str
    grown: dict[str, int]

    def call(
        self,
        method: str,
        path: str,
        body: Iterator[bytes] | None = None,
        *,
        length: int = 0,
        token: str = "",
        **headers: Any,
    ) -> tuple[HTTPResponse, str]:
        """Make one request; return its head, and the sha256 of its body."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        fields["Authorization"] = f"Bearer {token or self.key}"
        if body is not None:
            fields["Content-Length"] = str(length)
        digest = hashlib.sha256()
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=600)) as line:
            line.request(method, path, body, fields)
            reply = line.getresponse()
            while piece := reply.read(PIECE):
                digest.update(piece)
        return reply, digest.hexdigest()

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Note by how much the process's resident memory was higher at its peak than before."""
        # 5: the peak begins anew
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        before = self._memory("VmRSS")
        yield
        self.grown[name] = self._memory("VmHWM") - before

    def _memory(self, field: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(it.split()[1]) * 1024 for it in lines if it.startswith(f"{field}:"))


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that takes files of the size."""
    command = [
        sys.executable,
        "-m",
        "tests.support.gateway.served_gateway",
        str(tmp_path),
        str(SIZE * 2),
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stderr is not None
        assert process.stdin is not None
        told = next(line for line in process.stderr if line.startswith("{"))
        started = json.loads(told)
        port = urlsplit(started["url"]).port
        assert port
        yield Gateway(process.pid, port, started["key"], {})
        process.stdin.close()


def large_pdf(place: Path) -> str:
    """Write a PDF of the size, most of it one stream of zeros; return its sha256."""
    head = b"%PDF-1.4\n"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
    ]
    places = []
    for nth, content in enumerate(objects, 1):
        places.append(len(head))
        head += b"%d 0 obj\n%s\nendobj\n" % (nth, content)
    places.append(len(head))
    head += b"4 0 obj\n<< /Length %d >>\nstream\n" % SIZE
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    tail = b"\nendstream\nendobj\n"
    tail += b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\n" % table
    tail += b"startxref\n%d\n%%%%EOF\n" % (len(head) + SIZE + len(b"\nendstream\nendobj\n"))
    with place.open("wb") as file:
        file.write(head)
        file.seek(SIZE, os.SEEK_CUR)
        file.write(tail)
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pieces(
    place: Path, ahead: bytes = b"", behind: bytes = b"", *, start: int = 0
) -> Iterator[bytes]:
    """Yield a file's bytes from a place on, between others."""
    yield ahead
    with place.open("rb") as file:
        file.seek(start)
        while piece := file.read(PIECE):
            yield piece
    yield behind


def test_a_gibibyte_in_and_out_leaves_the_memory_flat(gateway: Gateway, tmp_path: Path) -> None:
    """REST, tus in two parts, SOAP with MTOM; out whole, by a range, and HEAD."""
    place = tmp_path / "large.pdf"
    sha256 = large_pdf(place)
    whole = place.stat().st_size
    gateway.call("GET", "/health")

    with gateway.measured("REST in"):
        reply, _ = gateway.call("POST", "/v1/files", pieces(place), length=whole)
        assert reply.status == 201
    with gateway.measured("out"):
        reply, found = gateway.call("GET", f"/files/{sha256}", token="file-token")
        assert (reply.status, found) == (200, sha256)
    with gateway.measured("tus in"):
        by_tus(gateway, place, whole, sha256)
    with gateway.measured("SOAP MTOM in"):
        assert by_mtom(gateway, place, whole) == 200

    print({name: f"{grown / MIB:.1f} MiB" for name, grown in gateway.grown.items()})
    assert {name: grown for name, grown in gateway.grown.items() if grown >= MOST_GROWTH} == {}


def by_tus(gateway: Gateway, place: Path, whole: int, sha256: str) -> None:
    """Upload in two parts."""
    tus: dict[str, Any] = {"Tus_Resumable": "1.0.0"}
    reply, _ = gateway.call("POST", "/v1/uploads", Upload_Length=str(whole), **tus)
    path = urlsplit(reply.headers["Location"]).path
    part = {"Content_Type": "application/offset+octet-stream", **tus}
    first = 300 * MIB
    with place.open("rb") as file:
        body = iter(lambda: file.read(PIECE) if file.tell() < first else b"", b"")
        reply, _ = gateway.call("PATCH", path, body, length=first, Upload_Offset="0", **part)
    assert reply.headers["Upload-Offset"] == str(first)
    rest = pieces(place, start=first)
    reply, _ = gateway.call(
        "PATCH", path, rest, length=whole - first, Upload_Offset=str(first), **part
    )
    assert reply.headers["X-Sha256"] == sha256


def by_mtom(gateway: Gateway, place: Path, whole: int) -> int:
    """Hand a dossier in with the file beside the envelope; return the status."""
    mark = b"the file stands here"
    ahead, _, behind = package(envelope(submission(XOP.format("a"))), ("a", mark)).partition(mark)
    length = len(ahead) + whole + len(behind)
    body = pieces(place, ahead, behind)
    reply, _ = gateway.call("POST", "/soap", body, length=length, Content_Type=MTOM)
    return reply.status
