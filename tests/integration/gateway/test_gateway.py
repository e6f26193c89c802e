"""The gateway: what devices and partners get as an answer, over real HTTP."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.settings import TownSettings
from hub.exchange.intake.accept import Intake
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.callbacks.refused import UNPROVEN, RefusedCallbacks
from hub.gateway.callbacks.route import CALLBACK_LIMIT
from hub.gateway.serve import WebRole
from hub.messages.envelope import MAX_BYTES
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.monitoring import work_counts
from hub.store.repair import tasks
from tests.support.database.stores import empty_store
from tests.support.works import now

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.progressed.v1.json"
FILE_LIMIT = 100_000


@dataclass
class RunningGateway:
    """A running gateway and how to call it."""

    store: Store
    port: int
    denials: Denials

    def call(
        self, method: str, path: str, body: bytes = b"", token: str = "", **headers: str
    ) -> tuple[int, object]:
        """Make one request; return status and JSON (or bytes)."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        reply = urllib3.request(
            method, f"http://127.0.0.1:{self.port}{path}", body=body, headers=fields, retries=False
        )
        if reply.headers.get("content-type") == "application/json":
            return reply.status, json.loads(reply.data)
        return reply.status, reply.data


@contextmanager
def running(directory: Path, town: TownCallbacks | None = None) -> Iterator[RunningGateway]:
    """Run a gateway on a free port for the length of the block."""
    store = empty_store(directory / "hub.db")
    files = BlobStore(directory / "files", limit=FILE_LIMIT)
    intake = Intake(store, files, clock=now)
    denials = Denials(store, clock=now)
    app = create_app(
        store,
        files,
        intake,
        denials=denials,
        intake_token="in-token",
        file_token="file-token",
        town=town,
        refused=RefusedCallbacks(store=store, clock=now, destination="town_center"),
    )
    web = WebRole(app, name="gateway", host="127.0.0.1", port=0)
    web.start()
    yield RunningGateway(store, web.port, denials)
    web.stop()
    intake.close()
    store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[RunningGateway]:
    """A gateway without a town."""
    with running(tmp_path) as gateway:
        yield gateway


def test_a_message_is_answered_after_it_is_stored(gateway: RunningGateway) -> None:
    """202 with the id; a second telling gets the same id and says so."""
    body = EXAMPLE.read_bytes()
    status, reply = gateway.call("POST", "/messages", body, token="in-token")
    assert (status, reply["duplicate"]) == (202, False)  # type: ignore[index]
    again = body.replace(b"0" * 31 + b"3", b"f" * 32)
    assert again != body
    assert gateway.call("POST", "/messages", again, token="in-token") == (
        202,
        {"messageId": reply["messageId"], "duplicate": True},  # type: ignore[index]
    )
    with gateway.store.read() as tx:
        assert work_counts.unhandled_count(tx) == 1


@pytest.mark.parametrize(
    ("old", "new", "status", "code", "where"),
    [
        (b'"id"', b'"id', 422, "json_broken", "$"),
        (b"dossier.progressed", b"nothing.known", 422, "type_unknown", "$.type"),
        (b'"version": 1', b'"version": 9', 422, "version_unknown", "$.version"),
        (b'"trangThai": 4', b'"trangThai": 11', 422, "payload_invalid", "$.payload.trangThai"),
        (b"dossier.progressed", b"town.step_reported", 422, "type_unknown", "$.type"),
        (b'"noiDungXuLy": "', b'"noiDungXuLy": "\\u0000', 422, "payload_invalid", "$.payload."),
        (b'"source": "', b'"source": "a\\r\\nb', 422, "envelope_invalid", "$.source"),
        (
            b'"attachments": []',
            b'"attachments": [{"name": "a", "media_type": "text/html\\r\\nX: 1", "size": 1, '
            b'"sha256": "' + b"0" * 64 + b'"}]',
            422,
            "envelope_invalid",
            "$.attachments",
        ),
        (b'"id": "', b'"id": "\xe1\xba\xa1', 422, "envelope_invalid", "$.id"),
        (
            b'-180806-0001",\n  "time"',
            b'-180806-0001\\n",\n  "time"',
            422,
            "envelope_invalid",
            "$.key",
        ),
        (b'"time": "2018', b'"time": "9999', 422, "envelope_invalid", "$.time"),
        (b'"thoiDiemXuLy": "2018', b'"thoiDiemXuLy": "9999', 422, "payload_invalid", "$.payload.t"),
        (b'"thoiDiemXuLy": "2018', b'"thoiDiemXuLy": "0001', 422, "payload_invalid", "$.payload.t"),
        (
            b'"attachments": []',
            b'"attachments": [{"name": "a", "media_type": "text/html", "size": 1, "sha256": "'
            + b"0" * 64
            + b'", "component": "a\\u0000"}]',
            422,
            "envelope_invalid",
            "$.attachments[0].component",
        ),
        (b"-180806-0001", b"-x", 422, "payload_invalid", "$.payload.maHoSo"),
        (b'"noiDungXuLy": "', b'"noiDungXuLy": "' + b"x" * MAX_BYTES, 413, "message_too_large", ""),
    ],
)
def test_a_wrong_message_is_refused_with_what_where_and_why(
    gateway: RunningGateway, old: bytes, new: bytes, status: int, code: str, where: str
) -> None:
    """And nothing of it is stored."""
    body = EXAMPLE.read_bytes()
    assert old in body
    found, reply = gateway.call("POST", "/messages", body.replace(old, new), token="in-token")
    assert isinstance(reply, dict)
    assert (found, reply["code"]) == (status, code)
    assert reply["where"].startswith(where)
    assert reply["message"].endswith(".")
    with gateway.store.read() as tx:
        assert work_counts.unhandled_count(tx) == 0


def test_the_same_thing_with_another_content_is_a_conflict(gateway: RunningGateway) -> None:
    """409, and the first telling stands."""
    body = EXAMPLE.with_name("survey.submitted.v1.json").read_bytes()
    assert gateway.call("POST", "/messages", body, token="in-token")[0] == 202
    message = json.loads(body)
    message["id"] = "f" * 32
    scores = message["payload"]["diem"]
    scores |= {name: (score + 1) % 3 for name, score in scores.items()}
    other = json.dumps(message).encode()
    status, reply = gateway.call("POST", "/messages", other, token="in-token")
    assert isinstance(reply, dict)
    assert (status, reply["code"]) == (409, "content_differs")


def test_two_different_steps_of_one_minute_are_no_conflict(gateway: RunningGateway) -> None:
    """Each is accepted under its own id."""
    body = EXAMPLE.read_bytes()
    other = body.replace(b"0" * 31 + b"3", b"f" * 32).replace(
        b'"noiDungXuLy": "', b'"noiDungXuLy": "x'
    )
    for one in (body, other):
        status, reply = gateway.call("POST", "/messages", one, token="in-token")
        assert isinstance(reply, dict)
        assert (status, reply["messageId"]) == (202, json.loads(one)["id"])


@pytest.mark.parametrize("token", ["", "wrong", "file-token"])
def test_without_the_right_token_nothing_comes_in_and_the_refusal_is_audited(
    gateway: RunningGateway, token: str
) -> None:
    """Each endpoint has its own token."""
    status, reply = gateway.call("POST", "/messages", EXAMPLE.read_bytes(), token=token)
    assert status == 401
    assert isinstance(reply, dict)
    with gateway.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT action, object, allowed FROM audit").all()
        assert [tuple(row) for row in rows] == [("gateway.messages.accept", "/messages", 0)]
        assert work_counts.unhandled_count(tx) == 0


def test_many_refusals_of_a_source_are_two_rows(gateway: RunningGateway) -> None:
    """The first at once, the others of its minute as a count."""
    for _ in range(7):
        assert gateway.call("POST", "/messages", b"", token="wrong")[0] == 401
    gateway.denials.flush()
    assert audited(gateway.store) == [("127.0.0.1", "/messages", "missing or wrong token")]
    gateway.denials.flush(everything=True)
    ((_, object, reason),) = audited(gateway.store)[1:]
    assert (object, reason.split(" since")[0]) == ("*", "missing or wrong token; 6 more")


def audited(store: Store) -> list[tuple[str, str, str]]:
    """Return who was refused what and why, as the audit tells it."""
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT actor, object, reason FROM audit ORDER BY seq")
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_file_is_stored_under_its_hash_and_pulled_with_the_partners_token(
    gateway: RunningGateway,
) -> None:
    """What goes in comes out, byte for byte."""
    content = bytes(range(256)) * 100
    sha256 = hashlib.sha256(content).hexdigest()
    put = gateway.call(
        "PUT", "/files", content, "in-token", Content_Type="application/pdf", X_Name="a.pdf"
    )
    assert put == (201, {"sha256": sha256, "size": len(content)})
    assert gateway.call("GET", f"/files/{sha256}", token="file-token") == (200, content)
    assert gateway.call("GET", f"/files/{sha256}", token="in-token")[0] == 401


def test_a_file_over_the_limit_or_with_another_hash_is_refused(gateway: RunningGateway) -> None:
    """413 while it streams in, 422 when the content is not what was announced."""
    fields = {"Content_Type": "application/pdf", "X_Name": "a.pdf"}
    big = gateway.call("PUT", "/files", b"x" * (FILE_LIMIT + 1), "in-token", **fields)
    assert big[0] == 413
    other = gateway.call("PUT", "/files", b"x", "in-token", **fields, X_Sha256="0" * 64)
    assert other[0] == 422
    assert isinstance(other[1], dict)
    assert other[1]["code"] == "file_hash_wrong"


@pytest.mark.parametrize("size", [1000, 90_000])
def test_a_file_can_be_asked_for_its_length_and_for_a_part(
    gateway: RunningGateway, size: int
) -> None:
    """What download managers and proxies of partners ask: HEAD, and one range."""
    content = b"0123456789" * (size // 10)
    digest = hashlib.sha256(content).hexdigest()
    fields = {"content_type": "application/pdf", "x_name": "a.pdf"}
    assert gateway.call("PUT", "/files", content, token="in-token", **fields)[0] == 201
    address = f"http://127.0.0.1:{gateway.port}/files/{digest}"
    token = {"Authorization": "Bearer file-token"}
    head = urllib3.request("HEAD", address, headers=token)
    assert (head.status, head.data) == (200, b"")
    assert head.headers["content-length"] == str(size)
    part = urllib3.request("GET", address, headers=token | {"Range": "bytes=3-6"})
    assert (part.status, part.data) == (206, b"3456")
    assert part.headers["content-range"] == f"bytes 3-6/{size}"
    assert urllib3.request("HEAD", address, headers={}).status == 401


@pytest.mark.parametrize(
    ("name", "status"), [("0" * 64, 404), ("..%2f..%2fhub.db", 400), ("x", 404)]
)
def test_only_stored_files_can_be_pulled(gateway: RunningGateway, name: str, status: int) -> None:
    """No path leads out of the file store; an encoded slash comes to no route."""
    assert gateway.call("GET", f"/files/{name}", token="file-token")[0] == status


def test_a_callback_over_the_limit_or_without_a_partner_is_refused(gateway: RunningGateway) -> None:
    """No town is connected here."""
    assert gateway.call("POST", "/town/callbacks", b"{}")[0] == 404
    assert gateway.call("POST", "/town/callbacks", b" " * (CALLBACK_LIMIT + 1))[0] == 413


def test_callbacks_with_a_wrong_signature_are_in_the_audit(tmp_path: Path) -> None:
    """The audit of this endpoint names the caller, too."""
    settings = TownSettings(
        url="http://127.0.0.1:9",
        client_id="hub",
        client_secret="secret-1",
        callback_secret="secret-2",
        file_base_url="http://127.0.0.1:9/files",
    )
    with closing(TownCallbacks(settings)) as town, running(tmp_path, town) as gateway:
        for _ in range(3):
            assert gateway.call("POST", "/town/callbacks", b"{}")[0] == 401
        gateway.denials.flush(everything=True)
        first, rest = audited(gateway.store)
    assert first == ("127.0.0.1", "/town/callbacks", "wrong signature")
    assert rest[2].startswith("wrong signature; 2 more since ")


def test_a_refused_callback_is_a_task_until_it_is_taken(tmp_path: Path) -> None:
    """Dossier, step and cause; it closes by itself. Strangers make one task, whatever they send."""
    settings = TownSettings(
        url="http://127.0.0.1:9",
        client_id="hub",
        client_secret="secret-1",
        callback_secret="secret-2",
        file_base_url="http://127.0.0.1:9/files",
    )
    told = {
        "maSuKien": "SK-1",
        "SoBienNhan": "000.99.06.H57-180724-0001",
        "thuTu": 3,
        "buoc": "xong",
        "thoiDiem": "2018-07-24T03:00:00Z",
        "canBo": "Bộ phận một cửa thị xã",
    }

    def tell(gateway: RunningGateway, body: bytes, secret: str) -> int:
        headers = sign(body, secret, at=now())
        return gateway.call("POST", "/town/callbacks", body, **headers)[0]

    def open_tasks(gateway: RunningGateway) -> list[tuple[str, str]]:
        with gateway.store.read() as tx:
            return [(row.subject, row.detail) for row in tasks.still_open(tx)]

    with closing(TownCallbacks(settings, clock=now)) as town, running(tmp_path, town) as gateway:
        for _ in range(2):
            assert tell(gateway, json.dumps(told).encode(), "secret-2") == 400
        ((subject, detail),) = open_tasks(gateway)
        assert subject == "000.99.06.H57-180724-0001 3"
        assert "$.buoc" in detail
        assert tell(gateway, json.dumps(told | {"buoc": "luan-chuyen"}).encode(), "secret-2") == 200
        assert open_tasks(gateway) == []
        for number in range(3):
            assert tell(gateway, json.dumps(told | {"thuTu": number}).encode(), "guessed") == 401
        ((subject, _),) = open_tasks(gateway)
        assert subject == UNPROVEN


@pytest.mark.parametrize(
    ("old", "new"), [(b'"key": "000', b'"key": "111'), (b'"key": "', b'"key": "1')]
)
def test_a_message_about_one_dossier_in_the_lane_of_another_is_refused(
    gateway: RunningGateway, old: bytes, new: bytes
) -> None:
    """The key of the envelope is the number that the payload names."""
    body = EXAMPLE.read_bytes()
    assert old in body
    status, reply = gateway.call("POST", "/messages", body.replace(old, new), token="in-token")
    assert isinstance(reply, dict)
    assert (status, reply["code"], reply["where"]) == (422, "envelope_invalid", "$.key")


def test_a_store_that_is_away_is_told_as_come_again(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    """503, so that the sender keeps what it has; the cause stands in our log, not in the answer."""
    with gateway.store.write() as tx:
        tx.exec_driver_sql("PRAGMA busy_timeout=0")
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, reply = gateway.call("POST", "/messages", EXAMPLE.read_bytes(), token="in-token")
    other.close()
    assert isinstance(reply, dict)
    assert (status, reply["code"]) == (503, "store_away")
    assert "lock" not in json.dumps(reply)


def test_a_store_that_is_broken_is_no_absence(gateway: RunningGateway) -> None:
    """500, without a word of the database."""
    with gateway.store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE journal RENAME TO gone")
    reply = gateway.call("POST", "/messages", EXAMPLE.read_bytes(), token="in-token")
    assert reply == (500, b"Internal Server Error")


def test_health_needs_no_token(gateway: RunningGateway) -> None:
    """For the container's health check."""
    assert gateway.call("GET", "/health") == (200, {"status": "ok"})


def test_health_reads_the_database(gateway: RunningGateway) -> None:
    """A gateway that cannot read is not well, although SQLite begins any transaction."""
    with gateway.store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE journal RENAME TO gone")
    assert gateway.call("GET", "/health")[0] == 500  # it is there, and will not fix by itself
