"""A code of success for the call, and a refusal of its dossier: never taken for delivered."""

import json
from contextlib import closing
from typing import Any

import pytest

from adapters.provincial.destination import ProvincialDestination
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.partners.province import dossier, request_for, settings_for
from tests.support.partners.rewriting import Answer, Call, Rewriting

REGISTER, LOOK_UP = b"DongBoHoSoMC", b"TraCuuHoSo"


def with_fields(fields: dict[str, Any], *, top: bool = False, xml: bool = False) -> Any:
    """Add fields to the item of the dossier, or to the reply itself."""

    def after(call: Call, answer: Answer) -> Answer:
        if REGISTER not in call.body:
            return answer
        if xml:
            added = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
            body = answer.body.replace(b"</MaThamChieu>", b"</MaThamChieu>" + added.encode())
            return Answer(answer.status, body, answer.headers)
        said = json.loads(answer.body)
        if top:
            said |= fields
        else:
            said["result"] = [it | fields for it in said["result"]]
        return Answer(answer.status, json.dumps(said).encode(), answer.headers)

    return after


REFUSALS: list[dict[str, Any]] = [
    {"error_code": "-5", "message": "Thiếu thành phần hồ sơ, không tiếp nhận"},
    {"error_code": -5},
    {"MaLoi": "12"},
    {"errorCode": 3, "errorMessage": None},
    {"success": False},
    {"thanhCong": "false"},
    {"hasError": True},
    {"message": "Hồ sơ bị trả lại"},
    {"thongBao": "Trùng mã hồ sơ"},
    {"trangThai": {"loi": [{"ma": "5", "moTaLoi": "Không tiếp nhận"}]}},
    {"status": "FAILED"},
    {"ketQua": "Thất bại"},
]


PLACES = [(it, False) for it in REFUSALS]
PLACES += [(it, True) for it in REFUSALS if it.keys().isdisjoint({"error_code", "message"})]


@pytest.mark.parametrize(("fields", "top"), PLACES, ids=str)
def test_a_refusal_beside_a_code_of_success_is_an_unknown_effect(
    gateway: Rewriting, number: str, fields: dict[str, Any], top: bool
) -> None:
    """Whatever the code, the truth or the message of the item is called."""
    gateway.after = with_fields(fields, top=top)
    with (
        closing(ProvincialDestination(settings_for(gateway.url, mode="rest"))) as destination,
        pytest.raises(AmbiguousFailure, match=r"DongBoHoSoMC, result/.*a refusal beside"),
    ):
        destination.send(request_for(destination, dossier(number)))


def test_a_refused_item_by_soap_is_an_unknown_effect(gateway: Rewriting, number: str) -> None:
    """The same reading for both ways of talking."""
    gateway.after = with_fields({"error_code": "-5"}, xml=True)
    with (
        closing(ProvincialDestination(settings_for(gateway.url))) as destination,
        pytest.raises(AmbiguousFailure, match="result/error_code"),
    ):
        destination.send(request_for(destination, dossier(number)))


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"error_code": 0, "message": "Thành công"}, 0),
        ({"errorCode": "00", "errors": [], "error": None, "hasError": False}, 0),
        ({"success": True, "status": 200, "code": 0, "httpStatus": "201"}, 0),
        ({"thoiGianXuLy": 12, "_id": 8817, "nguoiCapNhat": "Lê Văn Thử"}, 0),
        ({"status": 2}, 1),
        ({"ghiChu": "Hồ sơ thiếu bản chính"}, 1),
        ({"message": "Đã chuyển trục"}, 1),
        ({"message": "Hồ sơ đã tồn tại"}, 1),
    ],
    ids=str,
)
def test_an_item_that_is_done_is_delivered(
    gateway: Rewriting, number: str, fields: dict[str, Any], asked: int
) -> None:
    """What only looks strange has the dossier looked up once."""
    gateway.after = with_fields(fields)
    with closing(ProvincialDestination(settings_for(gateway.url, mode="rest"))) as destination:
        destination.send(request_for(destination, dossier(number)))
    assert sum(LOOK_UP in call.body for call in gateway.calls) == asked
