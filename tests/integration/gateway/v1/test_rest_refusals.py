"""What REST refuses: wrong calls, bodies, questions, keys and files, each with code and place."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.rules.failures import fault_catalog
from tests.integration.gateway.v1.test_rest_operations import (
    BY,
    DOSSIER,
    STATUS,
    get,
    journal_size,
    post,
)
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import MONDAY, reception

RESULT = {"ngayKetThuc": MONDAY.isoformat(), **BY}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


def cursor(text: str) -> str:
    """Return a cursor of a caller's own making."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "change", "status", "code", "where"),
    [
        ("/statuses", {"trangThai": 11}, 422, "call_invalid", "$.trangThai"),
        ("/statuses", {"nguoiXuLy": ""}, 422, "call_invalid", "$.nguoiXuLy"),
        ("/statuses", {"thoiDiemXuLy": "hôm qua"}, 422, "call_invalid", "$.thoiDiemXuLy"),
        (
            "/statuses",
            {"thoiDiemXuLy": "2018-08-06T08:00:00"},
            422,
            "call_invalid",
            "$.thoiDiemXuLy",
        ),
        (
            "/statuses",
            {"thoiDiemXuLy": "0001-08-06T08:00:00Z"},
            422,
            "payload_invalid",
            "$.thoiDiemXuLy",
        ),
        ("/statuses", {"maHoSo": "000.99.01.H57-180806-0002"}, 422, "call_invalid", "$.maHoSo"),
        ("/statuses", {"la": 1}, 422, "call_invalid", "$.la"),
        ("/statuses", {"tepDinhKem": []}, 422, "call_invalid", "$.tepDinhKem"),
        ("/results", {"tepDinhKem": [{"tenTep": "a"}]}, 422, "call_invalid", "$.tepDinhKem[0]"),
        (
            "/results",
            {"tepDinhKem": [{"tenTep": "a", "loaiTep": "a/b", "maBamTep": "0" * 64}]},
            422,
            "file_missing",
            "tepDinhKem[0].maBamTep",
        ),
    ],
)
def test_a_wrong_call_is_a_problem_with_code_place_and_both_languages(
    gateway: PartnerGateway, path: str, change: dict[str, Any], status: int, code: str, where: str
) -> None:
    """And nothing is stored; `type` leads to what to do."""
    right = RESULT if path == "/results" else STATUS
    reply = gateway.call(
        "POST",
        f"{DOSSIER}{path}",
        json.dumps(right | change).encode(),
        Content_Type="application/json",
    )
    told = json.loads(reply.data)
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.status, told["status"], told["code"]) == (status, status, code)
    assert told["where"] == where
    assert told["title"] != told["title_en"]
    guide = get(gateway, told["type"].removeprefix(gateway.url))
    assert guide["runbook"].endswith(f"#{code}")
    assert guide["action"] != guide["action_en"]
    assert journal_size(gateway) == 0


@pytest.mark.parametrize(
    ("body", "media", "status", "code"),
    [
        (b"{", "application/json", 400, "json_broken"),
        (b"[]", "application/json", 422, "call_invalid"),
        (b"[" * 100_000, "application/json", 400, "json_broken"),
        (b"{}", "text/plain", 415, "media_type_unsupported"),
        (b'{"a": "' + b"x" * 300_000, "application/json", 413, "message_too_large"),
    ],
)
def test_a_wrong_body_is_refused(
    gateway: PartnerGateway, body: bytes, media: str, status: int, code: str
) -> None:
    """By its form, its type or its size."""
    reply = gateway.call("POST", f"{DOSSIER}/statuses", body, Content_Type=media)
    assert (reply.status, json.loads(reply.data)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (DOSSIER, 404, "dossier_unknown"),
        ("/v1/dossiers/x", 422, "call_invalid"),
        (f"{DOSSIER}/files/{'0' * 64}", 404, "dossier_unknown"),
        ("/v1/dossiers", 422, "call_invalid"),
        ("/v1/dossiers?ngay=2018-08-06&sau=xx", 422, "call_invalid"),
        (
            "/v1/dossiers?ngay=2018-08-06&sau=" + cursor("9999-12-31T23:59:59-14:00 x"),
            422,
            "call_invalid",
        ),
        ("/v1/dossiers?ngay=9999-12-31", 422, "call_invalid"),
        ("/v1/dossiers?ngay=0001-01-01", 422, "call_invalid"),
        ("/v1/dossiers?ngay=2018-08-06&la=1", 422, "call_invalid"),
        ("/v1/dossiers?ngay=2018-08-06&soLuong=501", 422, "call_invalid"),
    ],
)
def test_a_wrong_question_is_refused(
    gateway: PartnerGateway, path: str, status: int, code: str
) -> None:
    """With the code of its cause."""
    reply = gateway.call("GET", path)
    assert (reply.status, json.loads(reply.data)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/none", 404, "path_unknown"),
        ("DELETE", "/v1/dossiers", 405, "method_unknown"),
        ("GET", "/v1/faults/none", 404, "code_unknown"),
        ("GET", "/v1/a%2fb", 400, "target_ambiguous"),
    ],
)
def test_what_the_contract_does_not_have_is_a_problem_too(
    gateway: PartnerGateway, method: str, path: str, status: int, code: str
) -> None:
    """In both languages; also where the line itself refuses, and `type` leads to an answer."""
    reply = gateway.call(method, path)
    told = json.loads(reply.data)
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.status, told["status"], told["code"]) == (status, status, code)
    assert told["title"] != told["title_en"]
    assert get(gateway, told["type"].removeprefix(gateway.url))["title"] == told["title"]


@pytest.mark.parametrize(
    ("path", "allowed"), [("/v1/dossiers", "GET, POST"), ("/soap", "GET, POST"), ("/health", "GET")]
)
def test_a_wrong_method_is_told_all_that_are_allowed(
    gateway: PartnerGateway, path: str, allowed: str
) -> None:
    """Also of an address that has several routes."""
    assert gateway.call("PATCH", path).headers["allow"] == allowed


def test_a_whole_number_may_be_written_with_a_point(gateway: PartnerGateway) -> None:
    """To JSON 4.0 and 4 are one number; it is the same call."""
    first = post(gateway, f"{DOSSIER}/statuses", STATUS)
    assert first[0] == 202
    assert post(gateway, f"{DOSSIER}/statuses", STATUS | {"trangThai": 4.0}) == first
    assert post(gateway, f"{DOSSIER}/statuses", STATUS | {"trangThai": 4.5})[0] == 422


@pytest.mark.parametrize("announced", ["", "x", "A" * 64])
def test_an_announced_hash_that_is_none_is_refused(gateway: PartnerGateway, announced: str) -> None:
    """Not taken as none: the caller wanted a check."""
    reply = gateway.call("POST", "/v1/files", b"%PDF", X_Sha256=announced)
    assert (reply.status, json.loads(reply.data)["where"]) == (422, "X-Sha256")


@pytest.mark.parametrize("key", ["", "a b", "ạ".encode().decode("latin-1"), "x" * 121])
def test_a_key_that_is_none_is_refused(gateway: PartnerGateway, key: str) -> None:
    """One of 1 to 120 printable characters."""
    status, told = post(gateway, f"{DOSSIER}/statuses", STATUS, Idempotency_Key=key)
    assert (status, told["where"]) == (400, "Idempotency-Key")


def test_a_file_whose_hash_is_not_the_announced_one_is_refused(gateway: PartnerGateway) -> None:
    """Nothing of it stays."""
    reply = gateway.call("POST", "/v1/files", b"x", X_Sha256="0" * 64)
    assert json.loads(reply.data)["code"] == "file_hash_wrong"
    assert not [it for it in gateway.ward.files.directory.rglob("*") if it.is_file()]


def test_a_client_sees_and_says_only_what_it_may(gateway: PartnerGateway) -> None:
    """By operation and by agency; the list leaves others' dossiers out."""
    gateway.ward.accept(reception())
    rights = frozenset({"dossiers.read", "dossiers.list"})
    own, strange = (
        gateway.add_client(id, operations=rights, agencies=frozenset({agency}))
        for id, agency in (("own", "000.99.01.H57"), ("strange", "000.99.02.H57"))
    )

    def status(method: str, path: str, key: str) -> tuple[int, int]:
        reply = gateway.call(method, path, b"{}", Authorization=key)
        return reply.status, len(json.loads(reply.data).get("hoSo", []))

    listed = "/v1/dossiers?ngay=2018-08-06"
    assert status("GET", listed, own) == (200, 1)
    assert status("GET", listed, strange) == (200, 0)
    assert status("GET", DOSSIER, own)[0] == 200
    assert status("GET", DOSSIER, strange)[0] == 403
    assert post(gateway, f"{DOSSIER}/statuses", STATUS, Authorization=own)[0] == 403
    assert gateway.call("GET", DOSSIER, Authorization="Bearer no").status == 401


def test_what_to_do_about_a_code_is_read_once(
    gateway: PartnerGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers without a token may ask: that must cost next to nothing."""
    first = gateway.call("GET", "/v1/faults/call_invalid", Authorization="")
    assert first.status == 200
    monkeypatch.setattr(fault_catalog, "load", lambda _: 1 / 0)
    assert gateway.call("GET", "/v1/faults/call_invalid").data == first.data
    assert gateway.call("GET", "/v1/faults/no_such").status == 404
    assert json.loads(gateway.call("GET", "/v1/faults/token").data)["title_en"]
