"""The SOAP endpoint, called by zeep as it reads the served WSDL: every operation, both versions."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
from zeep.transports import Transport

from hub.messages.payloads import Status
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import BIRTH, MONDAY, NUMBER, reception

BY = {"nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Sở Thử"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["Soap11", "Soap12"])
def service(request: pytest.FixtureRequest, gateway: PartnerGateway) -> Iterator[Any]:
    """The operations of one port, made from the served WSDL."""
    with client_of(gateway) as client:
        yield client.bind("TrungTamTichHop", request.param)


def client_of(gateway: PartnerGateway) -> Any:
    """Return a client of the served WSDL."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {gateway.key}"
    make: Any = zeep.Client
    transport: Any = Transport
    return make(f"{gateway.url}/soap?wsdl", transport=transport(session=session))


def submission() -> dict[str, Any]:
    """Return what an online submission says."""
    return {
        "maHoSo": NUMBER,
        "maTTHC": BIRTH,
        "chuHoSo": {"hoTen": "Nguyễn Văn Mẫu", "soGiayTo": "000000000001"},
        "ngayNop": MONDAY,
        "thanhPhanHoSo": [
            {"maThanhPhan": one.code, "tenThanhPhan": one.name} for one in reception().components
        ],
        "tepDinhKem": [
            {
                "tenTep": "don.pdf",
                "loaiTep": "application/pdf",
                "maThanhPhan": reception().components[0].code,
                "noiDung": b"%PDF-1.4 thu",
            }
        ],
    }


def test_every_operation_can_be_called(gateway: PartnerGateway, service: Any) -> None:
    """From the submission to the result, and the trail shows each step."""
    taken = service.TiepNhanHoSoTrucTuyen(**submission())
    assert taken.maHoSo == NUMBER
    gateway.ward.settle()
    said = {"maHoSo": NUMBER, **BY}
    service.CapNhatTrangThaiHoSo(thoiDiemXuLy=MONDAY, trangThai=2, **said)
    service.ThongBaoNhapSaiThuTuc(
        thoiDiemXuLy=MONDAY, maTTHCSai=BIRTH, maTTHCDung="1.000894", **said
    )
    notice = {"soThongBao": "TB-1", "loaiThue": "Lệ phí", "soTien": 50_000}
    service.ThongBaoNghiaVuTaiChinh(ngayThongBao=MONDAY, thongBaoThue=[notice], **said)
    asked = {"maHoSo": NUMBER, "nguoiYeuCau": "Lê Thị Thử", "phongBanXuLy": "Sở Thử"}
    service.YeuCauBoSungHoSo(ngayYeuCau=MONDAY, noiDungBoSung="Bản mờ", **asked)
    file = {"tenTep": "kq.pdf", "loaiTep": "application/pdf", "noiDung": b"%PDF-1.4 ket qua"}
    service.TraKetQuaHoSo(ngayKetThuc=MONDAY, tepDinhKem=[file], **said)
    gateway.ward.settle()

    found = service.TraCuuHoSo(maHoSo=NUMBER)
    assert (found.hoSo.trangThai, found.hoSo.maTTHC) == (Status.FINISHED, "1.000894")
    assert [(it.trangThai, it.daApDung) for it in found.tienTrinh] == [
        (1, True),
        (2, True),
        (2, True),
        (6, True),
        (5, True),
        (9, True),
    ]
    (result,) = [it for it in found.tepDinhKem if it.laKetQua]
    fetched = service.LayTepDinhKem(maHoSo=NUMBER, maBamTep=result.maBamTep)
    assert (fetched.noiDung, fetched.tenTep) == (b"%PDF-1.4 ket qua", "kq.pdf")
    listed = service.LayDanhSachHoSo(ngay=date(2018, 8, 6))
    assert [it.maHoSo for it in listed.hoSo] == [NUMBER]


def test_a_repeated_call_gets_the_first_answer(gateway: PartnerGateway, service: Any) -> None:
    """With a name of the call, and without one by its content."""
    said = {"maHoSo": NUMBER, "trangThai": 4, "thoiDiemXuLy": MONDAY, **BY}
    for more in ({"maYeuCau": "A-1"}, {}):
        first = service.CapNhatTrangThaiHoSo(**said, **more)
        assert service.CapNhatTrangThaiHoSo(**said, **more) == first
    assert first.maThongDiep != service.CapNhatTrangThaiHoSo(**said, maYeuCau="A-1").maThongDiep


@pytest.mark.parametrize(
    ("operation", "change", "code", "where"),
    [
        (
            "CapNhatTrangThaiHoSo",
            {"trangThai": 11},
            "call_invalid",
            "CapNhatTrangThaiHoSo/trangThai",
        ),
        ("CapNhatTrangThaiHoSo", {"maHoSo": "x"}, "call_invalid", "CapNhatTrangThaiHoSo/maHoSo"),
        (
            "TiepNhanHoSoTrucTuyen",
            {"maTTHC": "9.999999"},
            "procedure_unknown",
            "maTTHC",
        ),
        ("TraCuuHoSo", {}, "dossier_unknown", "maHoSo"),
    ],
)
def test_a_refusal_is_a_typed_fault(
    service: Any, operation: str, change: dict[str, Any], code: str, where: str
) -> None:
    """Stable code, both languages, place and the address of what to do; nothing is stored."""
    said = {"maHoSo": NUMBER, "trangThai": 4, "thoiDiemXuLy": MONDAY, **BY}
    given = {"TiepNhanHoSoTrucTuyen": submission(), "TraCuuHoSo": {"maHoSo": NUMBER}}
    with pytest.raises(zeep.exceptions.Fault) as caught:
        service[operation](**(given.get(operation, said) | change))
    detail = caught.value.detail
    told = {child.tag.rpartition("}")[2]: child.text for child in detail[0]}
    assert (told["ma"], told["viTri"]) == (code, where)
    assert told["noiDung"] != told["message"]
    assert requests.get(told["huongDan"], timeout=10).json()["code"] == code


def test_another_content_under_a_key_is_refused(service: Any) -> None:
    """And the first answer stays."""
    said = {"maHoSo": NUMBER, "thoiDiemXuLy": MONDAY, "maYeuCau": "A-1", **BY}
    first = service.CapNhatTrangThaiHoSo(trangThai=4, **said)
    with pytest.raises(zeep.exceptions.Fault) as caught:
        service.CapNhatTrangThaiHoSo(trangThai=9, **said)
    assert caught.value.detail[0][0].text == "idempotency_key_reused"
    assert service.CapNhatTrangThaiHoSo(trangThai=4, **said) == first
