"""Between the hub's payloads and the town's contract."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from adapters.town_center import contract, mapping
from adapters.town_center.settings import TownSettings
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import (
    Applicant,
    ApplicantKind,
    Component,
    Parcel,
    TownResultReturned,
    TownStep,
    TownStepReported,
    TownSupplement,
    TownTransfer,
)
from hub.rules.failures.errors import PermanentFailure
from tests.support.payloads import read_as

NUMBER = "000.99.02.H57-180724-0001"
HUE = ZoneInfo("Asia/Ho_Chi_Minh")
RECEIVED = datetime(2018, 7, 24, 8, 30, tzinfo=HUE)


def settings(**changes: Any) -> TownSettings:
    values: dict[str, Any] = {
        "url": "http://town.example",
        "client_id": "ward",
        "client_secret": "a",
        "callback_secret": "b",
        "file_base_url": "http://hub.example/files/",
    }
    return TownSettings(**(values | changes))


def attachment(letter: str, component: str) -> Attachment:
    return Attachment(
        name=f"{letter}.pdf",
        media_type="application/pdf",
        size=10,
        sha256=letter * 64,
        component=component,
    )


def transfer(**changes: Any) -> TownTransfer:
    values: dict[str, Any] = {
        "number": NUMBER,
        "version": 1,
        "procedure": "1.012753.000.00.00.H57",
        "procedure_name": "Đăng ký đất đai lần đầu",
        "applicant": Applicant(name="Người Thử", identity_number="000000000001"),
        "received_at": RECEIVED,
        "due_at": datetime(2018, 9, 4, 17, tzinfo=HUE),
        "transferred_at": datetime(2018, 7, 24, 3, tzinfo=UTC),
        "officer": "Cán bộ địa chính",
        "components": (
            Component(code="TP1", name="Đơn đăng ký", originals=1),
            Component(code="TP2", name="Bản sao giấy tờ"),
        ),
        "parcels": (Parcel(number="12", map_sheet="7", area_m2=150.5, address="Tổ 1"),),
    }
    return TownTransfer(**(values | changes))


def message(payload: Any, *attachments: Attachment) -> Message:
    return catalog.compose(payload, time=RECEIVED, source="records", attachments=attachments)


def body(payload: Any, *attachments: Attachment, **changes: Any) -> Any:
    _, found = mapping.body_of(message(payload, *attachments), payload, settings(**changes))
    return msgspec.json.decode(mapping.encode_body(found))


def test_every_file_of_a_paper_is_sent_under_it() -> None:
    """Two files of one paper stay two, and a file of no listed paper is not lost."""
    sent = body(transfer(), attachment("a", "TP1"), attachment("b", "TP1"), attachment("c", "XX"))
    first, second = sent["DanhSachGiayToDinhKem"]
    assert [file["sha256"] for file in first["TapTin"]] == ["a" * 64, "b" * 64]
    assert (first["MaGiayTo"], first["SoBanChinh"], first["SoBanSao"]) == ("TP1", 1, 1)
    assert second["TapTin"] == []
    assert [file["sha256"] for file in sent["DanhSachTepDinhKemKhac"]] == ["c" * 64]
    assert first["TapTin"][0]["url"] == f"http://hub.example/files/{'a' * 64}"


def test_a_transfer_has_the_parcel_and_the_citizen_by_the_towns_codes() -> None:
    """A citizen is 0 at the town (1 nationally); times carry local time's offset."""
    sent = body(transfer())
    assert sent["ThongTinNguoiNopDon"]["LoaiDoiTuong"] == 0
    assert sent["ThongTinThuaDat"] == [
        {"SoThuTuThua": "12", "SoHieuBanDo": "7", "DienTich": 150.5, "DiaChiChiTiet": "Tổ 1"}
    ]
    assert sent["NgayChuyen"] == "2018-07-24T10:00:00+07:00"
    assert sent["ThongTinQuyTrinh"]["MaQuyTrinh"] == "1.012753"


@pytest.mark.parametrize("kind", [ApplicantKind.STATE_BODY, ApplicantKind.ORGANISATION])
def test_a_kind_of_applicant_that_the_town_does_not_know_is_parked(kind: ApplicantKind) -> None:
    """No default: a person must decide what the town is told."""
    with pytest.raises(PermanentFailure) as caught:
        body(transfer(applicant=Applicant(kind=kind, name="Người Thử")))
    assert caught.value.code == "mapping_missing"
    assert "Người Thử" not in str(caught.value)


def test_a_procedure_without_a_process_is_parked_until_one_is_configured() -> None:
    """The setting is the officer's way out."""
    odd = transfer(procedure="DAT-DAI-01")
    with pytest.raises(PermanentFailure) as caught:
        body(odd)
    assert caught.value.code == "mapping_missing"
    assert body(odd, processes={"DAT-DAI-01": "QT7"})["ThongTinQuyTrinh"]["MaQuyTrinh"] == "QT7"


def test_what_breaks_the_contract_is_not_sent() -> None:
    """Outgoing bodies are validated; the failure names the field and not its content."""
    component = Component(code="TP1", name="Đơn", originals=100)
    with pytest.raises(PermanentFailure) as caught:
        body(transfer(components=(component,)))
    assert caught.value.code == "prepare_failed"
    assert "SoBanChinh" in caught.value.detail


def test_supplement_and_result_returned() -> None:
    """The other two calls carry their dates and papers under the town's names."""
    payload = TownSupplement(
        number=NUMBER, version=2, supplied_at=RECEIVED, due_at=RECEIVED, note="đủ"
    )
    sent = body(payload, attachment("d", "TP2"))
    assert sent["NgayHenTraMoi"] == "2018-07-24T08:30:00+07:00"
    assert sent["GhiChu"] == "đủ"
    assert sent["DanhSachGiayToBoSung"][0]["MaGiayTo"] == "TP2"
    back = TownResultReturned(number=NUMBER, version=3, returned_at=RECEIVED)
    assert body(back) == {
        "SoBienNhan": NUMBER,
        "PhienBan": 3,
        "NgayTra": "2018-07-24T08:30:00+07:00",
        "GhiChu": "",
    }


@pytest.mark.parametrize(
    "told",
    ["2018-07-24T01:30:00Z", "2018-07-24T01:30:00", "2018-07-24T08:30:00+07:00"],
    ids=["utc", "without offset", "with offset"],
)
def test_a_step_is_told_in_utc_and_kept_in_local_time(told: str) -> None:
    """The seven hours are neither lost nor added twice."""
    report = msgspec.convert(
        {
            "maSuKien": "s1",
            "SoBienNhan": NUMBER,
            "thuTu": 1,
            "buoc": "da-tiep-nhan",
            "thoiDiem": told,
            "canBo": "Bộ phận một cửa",
        },
        contract.StepReport,
    )
    found = mapping.step_message(report, ())
    payload = read_as(found, TownStepReported)
    assert payload.at.isoformat() == "2018-07-24T08:30:00+07:00"
    assert found.time == payload.at
    assert payload.step is TownStep.ACCEPTED
    assert (found.type, found.source, found.key) == ("town.step_reported", "town_center", NUMBER)
    assert found.id == mapping.step_message(report, ()).id


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://town.example"},
        {"url": "http://user:word@town.example"},
        {"file_base_url": "hub.example/files"},
        {"callback_secret": ""},
        {"concurrency": 0},
    ],
)
def test_unusable_settings_name_the_field(changes: dict[str, Any]) -> None:
    """A wrong setting is found at the start, not at the first dossier."""
    with pytest.raises(ValueError, match=next(iter(changes))):
        settings(**changes)


def test_settings_do_not_show_their_secrets() -> None:
    """A settings record may end in a log or a traceback."""
    shown = repr(settings(client_secret="one-secret", callback_secret="other-secret"))
    assert "one-secret" not in shown
    assert "other-secret" not in shown
