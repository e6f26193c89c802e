"""No room left: the sender is refused in clear words, nothing is stored half, then it goes on."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from hub.exchange.intake.accept import Intake
from hub.gateway import error_responses
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.serve import WebRole
from hub.ports import AcceptanceUnknown
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.monitoring import work_counts
from hub.store.schema.migrate import migrate
from hub.texts import Text
from tests.support.database.small_disk import SmallDisk
from tests.support.works import now

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.progressed.v1.json"
BODY = b"%PDF-1.4 " + b"x" * 50_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be made full; mounting it needs root."""
    with SmallDisk(tmp_path / "disk") as disk:
        if not disk.mounted:
            pytest.skip("mounting a tmpfs is not permitted here")
        yield disk


@pytest.fixture
def port(disk: SmallDisk) -> Iterator[int]:
    """A gateway whose database (SQLite) and files lie on that disk."""
    store = Store(f"sqlite:///{disk.place}/hub.db")
    migrate(store)
    files = BlobStore(disk.place / "files")
    intake = Intake(store, files, clock=now)
    app = create_app(
        store, files, intake, denials=Denials(store, clock=now), intake_token="in", file_token="out"
    )
    web = WebRole(app, name="gateway", host="127.0.0.1", port=0)
    web.start()
    yield web.port
    web.stop()
    intake.close()
    with store.read() as tx:
        assert work_counts.unhandled_count(tx) == 1
    store.close()


def call(port: int, method: str, path: str, body: bytes, **fields: str) -> tuple[int, object]:
    """Make one request of a device; return status and answer."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    headers["Authorization"] = "Bearer in"
    url = f"http://127.0.0.1:{port}{path}"
    reply = urllib3.request(method, url, body=body, headers=headers, retries=False)
    return reply.status, json.loads(reply.data)


def test_the_disk_fills_while_files_and_messages_come_in(port: int, disk: SmallDisk) -> None:
    """507 with `disk_full` for both, no half file; with room again the same things are taken."""

    def scan() -> tuple[int, object]:
        return call(port, "PUT", "/files", BODY, content_type="application/pdf", x_name="a.pdf")

    def message() -> tuple[int, object]:
        return call(port, "POST", "/messages", EXAMPLE.read_bytes())

    with disk.full():
        for status, answer in (scan(), message()):
            assert (status, answer["code"]) == (507, "disk_full")  # type: ignore[index]
        assert [name for _, _, names in os.walk(disk.place / "files") for name in names] == []
    assert scan() == (201, {"sha256": hashlib.sha256(BODY).hexdigest(), "size": len(BODY)})
    assert message()[0] == 202


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OSError(errno.ENOSPC, "full"), 507, "disk_full"),
        (OSError(errno.EFBIG, "over the limit of this process"), 507, "disk_full"),
        (OperationalError("INSERT", {}, Exception("gone")), 503, "store_away"),
        (AcceptanceUnknown("the commit did not end in time"), 503, "acceptance_unknown"),
    ],
)
def test_what_cannot_be_taken_now_is_refused_with_a_time(
    error: Exception, status: int, code: str
) -> None:
    """A sender sees that it is not at fault and that it may come again."""
    reply = answer_to(error)
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert reply.headers["Retry-After"]
    assert all(Text.read(reply.json()["action"]))


def test_other_faults_stay_what_they_are() -> None:
    """A fault of ours is not called a full disk."""
    assert answer_to(PermissionError(errno.EACCES, "no")).status == 500


def answer_to(error: Exception) -> urllib3.BaseHTTPResponse:
    """Return what a sender gets when this goes wrong inside."""
    app = FastAPI()
    error_responses.install(app)

    @app.get("/")
    def fail() -> None:
        raise error

    web = WebRole(app, name="gateway", host="127.0.0.1", port=0)
    web.start()
    try:
        return urllib3.request("GET", f"http://127.0.0.1:{web.port}/", retries=False)
    finally:
        web.stop()
