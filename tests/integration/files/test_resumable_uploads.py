"""tus 1.0: an upload goes on where it was cut, is its client's own, and becomes a stored file."""

import base64
import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from hub.gateway.resumable import routes
from hub.gateway.resumable.writing import PartWriter, Uploads
from hub.operations.watchers.files.expired_uploads import ExpiredUploads
from hub.store.messages import uploads as kept
from tests.support.files import sample_files as made
from tests.support.files.checked_files import check_contents
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.works import now

PATH = "/v1/uploads"
PART = "application/offset+octet-stream"
TUS: dict[str, Any] = {"Tus_Resumable": "1.0.0"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward on SQLite."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward on each database."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_store").url
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


def create(gateway: PartnerGateway, size: int, *, auth: str = "", **headers: Any) -> str:
    """Make an upload; return its path."""
    reply = gateway.call("POST", PATH, Upload_Length=str(size), **TUS, **headers, **by(auth))
    assert reply.status == 201, reply.data
    return urlsplit(reply.headers["Location"]).path


def by(auth: str) -> dict[str, Any]:
    """Return the header of another client, none for the province."""
    return {"Authorization": auth} if auth else {}


def patch(
    gateway: PartnerGateway, path: str, offset: int, body: bytes, **headers: str
) -> urllib3.BaseHTTPResponse:
    """Send a part."""
    fields = TUS | {"Upload_Offset": str(offset), "Content_Type": PART} | headers
    return gateway.call("PATCH", path, body, **fields)


def head(gateway: PartnerGateway, path: str, **headers: Any) -> urllib3.BaseHTTPResponse:
    """Ask how far an upload is."""
    return gateway.call("HEAD", path, **TUS, **headers)


def meta(**values: str) -> str:
    """Return Upload-Metadata."""
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def code_of(reply: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return reply.status, json.loads(reply.data)["code"]


def test_an_upload_in_parts_is_a_stored_file(either: PartnerGateway) -> None:
    """Its sha256 stands in the last answer, in HEAD and in GET, as POST /v1/files gives it."""
    gateway, content = either, os.urandom(5000)
    sha256 = hashlib.sha256(content).hexdigest()
    path = create(gateway, 5000, Upload_Metadata=meta(filename="đơn.pdf", sha256=sha256))
    first = patch(gateway, path, 0, content[:3000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "3000")
    assert "X-Sha256" not in first.headers
    last = patch(gateway, path, 3000, content[3000:])
    assert (last.status, last.headers["X-Sha256"]) == (204, sha256)
    told = head(gateway, path)
    assert told.headers["Upload-Offset"] == told.headers["Upload-Length"] == "5000"
    assert told.headers["Cache-Control"] == "no-store"
    assert "Upload-Expires" in told.headers
    assert json.loads(gateway.call("GET", path).data)["maBamTep"] == sha256
    assert gateway.ward.files.path(sha256).read_bytes() == content
    assert patch(gateway, path, 5000, b"").status == 204  # a last part told twice


def test_what_the_server_can_do_is_told_without_a_key(gateway: PartnerGateway) -> None:
    """OPTIONS needs no version either; another version than 1.0.0 is 412."""
    told = urllib3.request("OPTIONS", gateway.url + PATH)
    assert (told.status, told.headers["Tus-Version"]) == (204, "1.0.0")
    assert told.headers["Tus-Max-Size"] == str(gateway.ward.files.limit)
    assert "checksum" in told.headers["Tus-Extension"]
    wrong = gateway.call("POST", PATH, Upload_Length="1", Tus_Resumable="0.2.2")
    assert (wrong.status, wrong.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_first_part_may_come_with_the_creation(gateway: PartnerGateway) -> None:
    """Also the whole file; and a file of no bytes is whole at once."""
    whole = gateway.call("POST", PATH, b"whole", Upload_Length="5", Content_Type=PART, **TUS)
    assert (whole.status, whole.headers["Upload-Offset"]) == (201, "5")
    assert whole.headers["X-Sha256"] == hashlib.sha256(b"whole").hexdigest()
    begun = gateway.call("POST", PATH, b"be", Upload_Length="5", Content_Type=PART, **TUS)
    assert begun.headers["Upload-Offset"] == "2"
    assert "X-Sha256" in head(gateway, create(gateway, 0)).headers


@pytest.mark.parametrize(
    ("offset", "body", "headers", "status", "code"),
    [
        (1, b"x", {}, 409, "upload_offset"),
        (0, b"x" * 11, {}, 413, "file_too_large"),
        (0, b"x", {"Content_Type": "text/plain"}, 415, "media_type_unsupported"),
        (0, b"x", {"Upload_Checksum": "md5 AAAA"}, 400, "call_invalid"),
        (0, b"x", {"Upload_Checksum": "sha1 AAAA"}, 460, "upload_checksum"),
        (0, b"x", {"Upload_Offset": "-1"}, 400, "call_invalid"),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_changes_nothing(
    gateway: PartnerGateway,
    offset: int,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    """The upload stands where it stood."""
    path = create(gateway, 10)
    assert code_of(patch(gateway, path, offset, body, **headers)) == (status, code)
    assert head(gateway, path).headers["Upload-Offset"] == "0"
    assert patch(gateway, path, 0, b"0123456789").status == 204


def test_a_part_with_a_checksum_is_kept_when_it_fits(gateway: PartnerGateway) -> None:
    """Both algorithms."""
    path = create(gateway, 8)
    for offset, (name, part) in enumerate((("sha1", b"abcd"), ("sha256", b"efgh"))):
        digest = base64.b64encode(hashlib.new(name, part).digest()).decode()
        fits = patch(gateway, path, 4 * offset, part, Upload_Checksum=f"{name} {digest}")
        assert fits.status == 204
    assert head(gateway, path).headers["X-Sha256"] == hashlib.sha256(b"abcdefgh").hexdigest()


def test_an_upload_belongs_to_the_client_that_made_it(gateway: PartnerGateway) -> None:
    """Another client finds nothing, and cannot tell it from an upload that never was."""
    path, other = create(gateway, 4), gateway.add_client("other")
    for method in ("HEAD", "PATCH", "DELETE", "GET"):
        fields = TUS | {"Authorization": other, "Upload_Offset": "0", "Content_Type": PART}
        reply = gateway.call(method, path, **fields)
        assert reply.status == 404
    assert head(gateway, path).status == 200


def test_an_upload_that_was_ended_leaves_nothing(gateway: PartnerGateway) -> None:
    """Termination; also by POST for clients that cannot send DELETE or PATCH."""
    path = create(gateway, 4)
    by_post = gateway.call(
        "POST",
        path,
        b"ab",
        X_HTTP_Method_Override="PATCH",
        Upload_Offset="0",
        Content_Type=PART,
        **TUS,
    )
    assert by_post.headers["Upload-Offset"] == "2"
    assert gateway.call("DELETE", path, **TUS).status == 204
    assert head(gateway, path).status == 404
    assert list(gateway.ward.files.directory.glob(".tus-*")) == []


def test_what_came_over_a_line_that_broke_is_kept(
    gateway: PartnerGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next part begins where the bytes ended."""
    path = create(gateway, 10)
    written = threading.Event()
    real = PartWriter.write

    def write(writer: PartWriter, pieces: Sequence[bytes], *, last: bool = False) -> None:
        real(writer, pieces, last=last)
        written.set()

    monkeypatch.setattr(PartWriter, "write", write)
    monkeypatch.setattr(routes, "PIECE", 4)
    with closing(connection(gateway)) as line:
        line.sendall(part_head(gateway, path, offset=0, length=10) + b"0123")
        assert written.wait(20)
    assert head(gateway, path).headers["Upload-Offset"] == "4"
    assert patch(gateway, path, 4, b"456789").headers["X-Sha256"] == (
        hashlib.sha256(b"0123456789").hexdigest()
    )


@pytest.mark.parametrize("by_head", [True, False], ids=["HEAD", "at once"])
def test_a_second_part_takes_over_from_one_that_hangs(
    gateway: PartnerGateway, by_head: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, never 423; the older one ends, and what had come of it is kept."""
    path = create(gateway, 10)
    begun = threading.Event()
    real = Uploads.take_over

    def take_over(uploads: Uploads, upload: kept.KeptUpload) -> PartWriter:
        writer = real(uploads, upload)
        begun.set()
        return writer

    monkeypatch.setattr(Uploads, "take_over", take_over)
    with closing(connection(gateway)) as older:
        older.sendall(part_head(gateway, path, offset=0, length=10) + b"old")
        assert begun.wait(20)
        at = int(head(gateway, path).headers["Upload-Offset"]) if by_head else 0
        newer = patch(gateway, path, at, b"old3456789"[at:])
        if newer.status == 409:  # without HEAD: what had come of the older one is kept
            assert newer.headers["Upload-Offset"] == "3"
            newer = patch(gateway, path, 3, b"3456789")
        assert newer.status == 204
        assert newer.headers["X-Sha256"] == hashlib.sha256(b"old3456789").hexdigest()
        assert b" 409 " in older.recv(1000).split(b"\r\n")[0]


def connection(gateway: PartnerGateway) -> socket.socket:
    """Open a line to the gateway."""
    place = urlsplit(gateway.url)
    return socket.create_connection((place.hostname, place.port), timeout=20)


def part_head(gateway: PartnerGateway, path: str, *, offset: int, length: int) -> bytes:
    """Return the head of a request with a part."""
    lines = (
        f"PATCH {path} HTTP/1.1",
        "Host: hub",
        f"Authorization: Bearer {gateway.key}",
        "Tus-Resumable: 1.0.0",
        f"Upload-Offset: {offset}",
        f"Content-Type: {PART}",
        f"Content-Length: {length}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_the_older_of_two_processes_writes_nothing_after_the_newer_began(
    either: PartnerGateway, tmp_path: Path
) -> None:
    """Two gateways on one store: what the older one wrote before is kept, its next piece is not."""
    here = Uploads(store=either.ward.store, files=either.ward.files, clock=now)
    there = replace(here)
    upload = here.create("provincial", 10, "")
    older = here.take_over(upload)
    older.write([b"0123"])
    newer = there.take_over(there.find(upload.id, client="provincial"))
    assert newer.received == 4
    with pytest.raises(Exception, match="upload_taken_over"):
        older.write([b"XXXX"])
    newer.write([b"456789"], last=True)
    stored = there.finish(newer.upload)
    assert stored.sha256 == hashlib.sha256(b"0123456789").hexdigest()


def test_an_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Row and bytes are durable; a process that died before the file was moved is made up for."""
    with open_partner_gateway(tmp_path) as gateway:
        path = create(gateway, 6)
        patch(gateway, path, 0, b"abc")
        whole = create(gateway, 3)
        here = Uploads(store=gateway.ward.store, files=gateway.ward.files, clock=now)
        id = whole.rpartition("/")[2]
        writer = here.take_over(here.find(id, client="provincial"))
        writer.write([b"xyz"], last=True)  # and dies before it makes the file whole
        url = gateway.ward.store.url
        key = gateway.key
    with open_partner_gateway(tmp_path, url=url, key=key) as gateway:
        assert head(gateway, path).headers["Upload-Offset"] == "3"
        assert "X-Sha256" in patch(gateway, path, 3, b"def").headers
        sha256 = hashlib.sha256(b"xyz").hexdigest()
        assert head(gateway, whole).headers["X-Sha256"] == sha256
        assert gateway.ward.files.path(sha256).read_bytes() == b"xyz"


def test_a_file_that_was_moved_before_its_row_was_written_is_found(gateway: PartnerGateway) -> None:
    """The process died between the two; the upload is stored, not lost."""
    path = create(gateway, 3)
    id = path.rpartition("/")[2]
    here = Uploads(store=gateway.ward.store, files=gateway.ward.files, clock=now)
    writer = here.take_over(here.find(id, client="provincial"))
    writer.write([b"xyz"], last=True)
    sha256 = hashlib.sha256(b"xyz").hexdigest()
    with gateway.ward.store.write() as tx:
        kept.name_content(tx, id, sha256)
    gateway.ward.files.adopt(gateway.ward.files.part(id), sha256)
    assert head(gateway, path).headers["X-Sha256"] == sha256


def test_a_refused_file_is_told_to_the_last_part_and_ever_after(gateway: PartnerGateway) -> None:
    """By the check of contents, or because it is another file than announced."""
    check_contents(gateway.ward)
    path = create(gateway, 4, Upload_Metadata=meta(filename="a.pdf", filetype="application/pdf"))
    assert code_of(patch(gateway, path, 0, b"MZ..")) == (415, "file_type_refused")
    assert head(gateway, path).status == 415
    other = create(gateway, 4, Upload_Metadata=meta(sha256="0" * 64))
    assert code_of(patch(gateway, other, 0, b"abcd")) == (422, "file_hash_wrong")
    picture = made.picture("PNG")
    lying = create(gateway, len(picture), Upload_Metadata=meta(filename="a.pdf"))
    assert code_of(patch(gateway, lying, 0, picture)) == (422, "file_type_differs")
    assert [it for it in gateway.ward.files.directory.rglob("*") if it.is_file()] == []


def test_a_client_has_so_many_uploads_and_bytes_open(either: PartnerGateway) -> None:
    """What is stored or ended counts no more; another client is not concerned."""
    files = either.ward.files
    most = kept.UploadLimits(2, 100)
    here = Uploads(store=either.ward.store, files=files, clock=now, most=most)
    first = here.create("a", 50, "")
    with pytest.raises(Exception, match="uploads_exhausted"):
        here.create("a", 51, "")
    here.create("a", 1, "")
    with pytest.raises(Exception, match="uploads_exhausted"):
        here.create("a", 1, "")
    here.create("b", 60, "")
    here.end(first.id, client="a")
    here.create("a", 1, "")
    assert len(list(files.directory.glob(".tus-*"))) == 3


def test_an_upload_over_the_largest_file_is_refused_at_once(gateway: PartnerGateway) -> None:
    """Before a byte is sent."""
    reply = gateway.call("POST", PATH, Upload_Length=str(gateway.ward.files.limit + 1), **TUS)
    assert code_of(reply) == (413, "file_too_large")


def test_housekeeping_removes_what_expired_and_what_nobody_knows(either: PartnerGateway) -> None:
    """A part begins the time anew; a request that still writes finds the upload gone."""
    gateway, store, files = either, either.ward.store, either.ward.files
    path = create(gateway, 10)
    id = path.rpartition("/")[2]
    here = Uploads(store=store, files=files, clock=now)
    writer = here.take_over(here.find(id, client="provincial"))
    housekeeping = ExpiredUploads(store=store, files=files)
    assert housekeeping.remove(now()) == 0
    (files.directory / ".tus-left").write_bytes(b"x")
    os.utime(files.directory / ".tus-left", (1, 1))
    os.utime(files.part(id), (1, 1))
    assert housekeeping.remove(now()) == 0
    assert [it.name for it in files.directory.glob(".tus-*")] == [f".tus-{id}"]
    assert housekeeping.remove(now() + timedelta(hours=25)) == 1
    assert list(files.directory.glob(".tus-*")) == []
    with pytest.raises(Exception, match="upload_unknown"):
        writer.write([b"x"])
    assert head(gateway, path).status == 404
