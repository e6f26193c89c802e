"""The REST API: every operation, its idempotency, its refusals, its lists and its files."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.messages import catalog, envelope
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import BIRTH, MONDAY, NUMBER, reception

EXAMPLES = Path(__file__).parents[4] / "schemas/examples"
DOSSIER = f"/v1/dossiers/{NUMBER}"
BY = {"nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Sở Thử"}
STATUS = {"trangThai": 4, "thoiDiemXuLy": MONDAY.isoformat(), **BY}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


def post(
    gateway: PartnerGateway, path: str, body: object, **headers: str
) -> tuple[int, dict[str, Any]]:
    """Post JSON; return status and JSON."""
    headers = {"Content_Type": "application/json"} | headers
    reply = gateway.call("POST", path, json.dumps(body).encode(), **headers)
    return reply.status, json.loads(reply.data)


def get(gateway: PartnerGateway, path: str) -> dict[str, Any]:
    """Get JSON."""
    reply = gateway.call("GET", path)
    assert reply.status == 200, reply.data
    found: dict[str, Any] = json.loads(reply.data)
    return found


def journal_size(gateway: PartnerGateway) -> int:
    """Return how many messages came in."""
    with gateway.ward.store.read() as tx:
        count: int = tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one()
    return count


def send_file(gateway: PartnerGateway, content: bytes) -> str:
    """Send a file ahead and return its hash."""
    reply = gateway.call("POST", "/v1/files", content, Content_Type="application/pdf")
    assert reply.status == 201
    sha256: str = json.loads(reply.data)["maBamTep"]
    return sha256


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("dossier.submitted", "/v1/dossiers"),
        ("dossier.status_set", "/v1/dossiers/{}/statuses"),
        ("dossier.supplement_requested", "/v1/dossiers/{}/supplement-requests"),
        ("dossier.payment_requested", "/v1/dossiers/{}/payment-requests"),
        ("dossier.procedure_corrected", "/v1/dossiers/{}/procedure-corrections"),
        ("dossier.result_issued", "/v1/dossiers/{}/results"),
    ],
)
def test_the_example_of_a_type_can_be_said(gateway: PartnerGateway, name: str, path: str) -> None:
    """Its payload is the body, its files go ahead; what is stored is the example's payload."""
    example = json.loads((EXAMPLES / f"{name}.v1.json").read_bytes())
    body = dict(example["payload"])
    for file in example["attachments"]:
        send_file(gateway, (EXAMPLES / "files" / file["name"]).read_bytes())
        body.setdefault("tepDinhKem", []).append(
            {
                "tenTep": file["name"],
                "loaiTep": file["media_type"],
                "maThanhPhan": file["component"],
                "maBamTep": file["sha256"],
            }
        )
    status, told = post(gateway, path.format(body["maHoSo"]), body)
    assert (status, told["maHoSo"]) == (202, body["maHoSo"])
    with gateway.ward.store.read() as tx:
        (stored,) = tx.exec_driver_sql("SELECT body FROM journal").scalars()
    message = envelope.decode(stored)
    kept = json.loads(msgspec.json.encode(catalog.read(message)))
    assert (message.id, message.type, message.source) == (told["maThongDiep"], name, "provincial")
    assert kept == example["payload"]
    assert len(message.attachments) == len(example["attachments"])


def test_state_timeline_list_and_file_of_a_dossier(either_gateway: PartnerGateway) -> None:
    """What a partner needs to compare with the hub."""
    gateway = either_gateway
    ward = gateway.ward
    ward.accept(reception(), ward.file(b"%PDF paper", reception().components[0].code))
    post(gateway, f"{DOSSIER}/statuses", STATUS)
    post(gateway, f"{DOSSIER}/statuses", STATUS | {"trangThai": 1})
    ward.settle()
    found = get(gateway, DOSSIER)
    assert (found["hoSo"]["trangThai"], found["hoSo"]["maTTHC"]) == (4, BIRTH)
    assert "Mẫu" not in json.dumps(found, ensure_ascii=False)  # the applicant is in no reply
    assert [(it["trangThai"], it["daApDung"]) for it in found["tienTrinh"]] == [
        (2, True),
        (4, True),
        (1, False),
    ]
    assert found["tienTrinh"][2]["lyDoKhongApDung"]
    (file,) = found["tepDinhKem"]
    place = f"{DOSSIER}/files/{file['maBamTep']}"
    assert gateway.call("GET", place).data == b"%PDF paper"
    part = gateway.call("GET", place, Range="bytes=1-3")
    assert (part.status, part.data) == (206, b"PDF")
    head = gateway.call("HEAD", place)
    assert (head.headers["content-length"], head.data) == ("10", b"")
    assert [it["maHoSo"] for it in get(gateway, "/v1/dossiers?ngay=2018-08-06")["hoSo"]] == [NUMBER]
    assert get(gateway, "/v1/dossiers?ngay=2018-08-07")["hoSo"] == []


def test_a_record_that_the_caller_has_is_not_sent_again(gateway: PartnerGateway) -> None:
    """304 by the tag, and another tag after a change."""
    gateway.ward.accept(reception())
    tag = gateway.call("GET", DOSSIER).headers["etag"]
    assert gateway.call("GET", DOSSIER, If_None_Match=tag).status == 304
    post(gateway, f"{DOSSIER}/statuses", STATUS)
    gateway.ward.settle()
    assert gateway.call("GET", DOSSIER, If_None_Match=tag).status == 200


def test_pages_of_a_day_hold_every_dossier_once(either_gateway: PartnerGateway) -> None:
    """In their order, also of one second, with the next page as a link."""
    gateway = either_gateway
    numbers = [f"000.99.01.H57-180806-{n:04d}" for n in range(1, 8)]
    for number in reversed(numbers):
        gateway.ward.accept(reception(number=number))
    found, path = [], "/v1/dossiers?ngay=2018-08-06&soLuong=3"
    for _ in range(3):
        reply = gateway.call("GET", path)
        page = json.loads(reply.data)
        found += [it["maHoSo"] for it in page["hoSo"]]
        if "tiepTheo" not in page:
            break
        path = reply.headers["link"].partition(">")[0].removeprefix(f"<{gateway.url}")
        assert f"sau={page['tiepTheo']}" in path
    assert found == numbers


def test_a_repeated_key_gets_the_first_answer_and_says_so(gateway: PartnerGateway) -> None:
    """Also quoted, as the draft of the header has it; one effect."""
    first = post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k-1")
    for key in ("k-1", '"k-1"'):
        body = json.dumps(STATUS).encode()
        reply = gateway.call(
            "POST",
            f"{DOSSIER}/statuses",
            body,
            Content_Type="application/json",
            Idempotency_Key=key,
        )
        assert (reply.status, json.loads(reply.data)) == first
        assert reply.headers["idempotency-replayed"] == "true"
    assert journal_size(gateway) == 1


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (f"{DOSSIER}/statuses", {"trangThai": 9}),
        (f"{DOSSIER}/procedure-corrections", {"maTTHCSai": BIRTH, "maTTHCDung": "1.000894"}),
        (f"{DOSSIER[:-1]}2/statuses", {}),
    ],
)
def test_another_call_under_a_key_is_refused(
    either_gateway: PartnerGateway, path: str, change: dict[str, Any]
) -> None:
    """Another body, operation or dossier: 422, and nothing is stored."""
    gateway = either_gateway
    post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k-1")
    body = STATUS | change
    if "maTTHCSai" in change:
        del body["trangThai"]
    status, told = post(gateway, path, body, Idempotency_Key="k-1")
    assert (status, told["code"]) == (422, "idempotency_key_reused")
    assert journal_size(gateway) == 1


def test_a_submission_again_with_another_content_is_a_conflict(gateway: PartnerGateway) -> None:
    """The number says that it is the same dossier; the key of the refused call stays free."""
    body = json.loads((EXAMPLES / "dossier.submitted.v1.json").read_bytes())["payload"]
    assert post(gateway, "/v1/dossiers", body, Idempotency_Key="a")[0] == 202
    other = body | {"trichYeu": "Khác"}
    status, told = post(gateway, "/v1/dossiers", other, Idempotency_Key="b")
    assert (status, told["code"]) == (409, "content_differs")
    assert post(gateway, "/v1/dossiers", body, Idempotency_Key="b")[0] == 202


def test_a_refusal_burns_no_key(gateway: PartnerGateway) -> None:
    """The corrected call goes through under the same key."""
    wrong = STATUS | {"trangThai": 11}
    assert post(gateway, f"{DOSSIER}/statuses", wrong, Idempotency_Key="k")[0] == 422
    assert post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k")[0] == 202


def test_keys_of_two_clients_have_nothing_to_do_with_one_another(gateway: PartnerGateway) -> None:
    """A key belongs to its client."""
    other_client = gateway.add_client("town-center")
    post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k")
    other = STATUS | {"trangThai": 5}
    status, _ = post(
        gateway, f"{DOSSIER}/statuses", other, Idempotency_Key="k", Authorization=other_client
    )
    assert status == 202
    with gateway.ward.store.read() as tx:
        sources = set(tx.exec_driver_sql("SELECT source FROM journal").scalars())
    assert sources == {"provincial", "town_center"}


def test_a_call_whose_first_is_under_way_is_told_to_come_again(gateway: PartnerGateway) -> None:
    """409 with Retry-After until the first is answered; then the first answer."""
    commit = gateway.ward.intake.commit_async
    inside, go_on = threading.Event(), threading.Event()

    async def slow(work: Any, item: Any) -> Any:
        answer = await commit(work, item)
        if not inside.is_set():
            inside.set()
            assert await asyncio.to_thread(go_on.wait, 20)
        return answer

    gateway.ward.intake.commit_async = slow  # type: ignore[method-assign]
    with ThreadPoolExecutor() as pool:
        first = pool.submit(post, gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k")
        assert inside.wait(20)
        body = json.dumps(STATUS).encode()
        second = gateway.call(
            "POST",
            f"{DOSSIER}/statuses",
            body,
            Content_Type="application/json",
            Idempotency_Key="k",
        )
        go_on.set()
        answer = first.result(20)
    assert (second.status, second.headers["retry-after"]) == (409, "1")
    assert json.loads(second.data)["code"] == "call_in_flight"
    assert post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key="k") == answer


def test_a_submission_waits_for_its_officer(gateway: PartnerGateway) -> None:
    """From the call to the ward's acceptance, and the partner reads both."""
    body = json.loads((EXAMPLES / "dossier.submitted.v1.json").read_bytes())["payload"]
    post(gateway, "/v1/dossiers", body)
    gateway.ward.settle()
    number = body["maHoSo"]
    assert get(gateway, f"/v1/dossiers/{number}")["hoSo"]["trangThai"] == 1
    taken_in = reception(number=number)
    later = MONDAY + timedelta(hours=2)
    gateway.ward.accept(msgspec.structs.replace(taken_in, received_at=later))
    found = get(gateway, f"/v1/dossiers/{number}")["hoSo"]
    assert (found["trangThai"], found["ngayTiepNhan"]) == (2, "2018-08-06T10:30:00+07:00")
