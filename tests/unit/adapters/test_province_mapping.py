"""What the hub says becomes the province's record: by tables, valid, nothing made up."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from adapters.provincial import contract, mapping
from adapters.provincial.protocol.protocol import Operation
from adapters.provincial.protocol.soap import SoapProtocol
from hub.messages.envelope import Attachment
from hub.messages.local_time import LOCAL
from hub.messages.payloads import (
    Applicant,
    ApplicantKind,
    Channel,
    Component,
    ProvinceDossier,
    Status,
)
from hub.rules.failures.errors import PermanentFailure
from tests.support.partners.province import RECEIVED, SCAN, dossier, settings_for, step

NUMBER = "000.99.01.H57-180724-0001"
FILES = "http://hub.example/files/"


def fields_of(payload: ProvinceDossier, *files: Attachment) -> mapping.Fields:
    return mapping.dossier_fields(payload, files, file_base_url=FILES)


def test_every_code_of_ours_has_one_of_theirs() -> None:
    """The tables are complete, and no two of our codes become the same one."""
    for table, ours in (
        (mapping.CHANNELS, Channel),
        (mapping.APPLICANT_KINDS, ApplicantKind),
        (mapping.STATUSES, Status),
    ):
        assert set(table) == set(ours)
        assert len(set(table.values())) == len(table)


def test_a_code_without_a_mapping_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never defaulted; the field is named."""
    monkeypatch.delitem(mapping.CHANNELS, Channel.POST)
    with pytest.raises(PermanentFailure, match="mapping_missing: KenhThucHien"):
        fields_of(dossier(NUMBER, channel=Channel.POST))


def test_a_dossier_becomes_the_national_record() -> None:
    """The fields that carry the meaning, as the national synchronisation names them."""
    found = fields_of(dossier(NUMBER), SCAN)
    expected = {
        "MaHoSo": NUMBER,
        "MaTTHC": "1.001193",
        "MaLinhVuc": "G15-TP07",
        "KenhThucHien": "1",
        "ChuHoSo": "Người Thử <A&B>",
        "LoaiDoiTuong": "1",
        "SoGiayToChuHoSo": "000000000001",
        "NgayTiepNhan": "20180724083000",
        "NgayHenTra": "20180725083000",
        "TrangThaiHoSo": "2",
        "NgayTra": "",
        "HoSoCoThanhPhanSoHoa": "1",
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "000000000001"}],
        "DanhSachGiayToKetQua": [],
    }
    assert {name: found[name] for name in expected} == expected
    (paper,) = found["TaiLieuNop"]
    assert paper["DuongDanTaiTepTin"] == f"{FILES}{SCAN.sha256}"
    assert (paper["MaBamTepTin"], paper["MaThanhPhanHoSo"]) == (SCAN.sha256, "TP1")


def test_a_step_becomes_the_national_event() -> None:
    """The moment in local time, the officer's name no longer than they take."""
    found = mapping.step_fields(step(NUMBER, officer="Ấ" * 80, due_at=RECEIVED))
    assert found["ThoiDiemXuLy"] == "20180724093000"
    assert found["NguoiXuLy"] == "Ấ" * 50
    assert found["TrangThai"] == "4"
    assert found["NgayKetThucTheoQuyDinh"] == "20180724083000"


def test_without_files_nothing_is_digitised() -> None:
    """The national statistics read this flag."""
    assert fields_of(dossier(NUMBER))["HoSoCoThanhPhanSoHoa"] == "0"


def test_a_file_that_is_no_component_is_a_result_once_finished() -> None:
    """Before, it is a paper that was handed in; afterwards a result document."""
    other = structs.replace(SCAN, component="KQ1", sha256="cd" * 32)
    early = fields_of(dossier(NUMBER), SCAN, other)
    assert [len(early["TaiLieuNop"]), len(early["DanhSachGiayToKetQua"])] == [2, 0]
    late = fields_of(dossier(NUMBER, status=Status.FINISHED), SCAN, other)
    assert [paper["MaThanhPhanHoSo"] for paper in late["TaiLieuNop"]] == ["TP1"]
    assert [paper["MaThanhPhanHoSo"] for paper in late["DanhSachGiayToKetQua"]] == ["KQ1"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [("000000000001", "1"), ("000000001", "2"), ("B0000001", ""), ("", ""), ("00000000000١", "")],
)
def test_the_kind_of_an_identity_number_is_never_guessed(number: str, kind: str) -> None:
    """12 digits and 9 digits are listed; anything else has no entry, and no placeholder."""
    expected = [{"LoaiDinhDanh": kind, "SoDinhDanh": number}] if kind else []
    assert mapping.identities(number) == expected


def test_an_empty_summary_is_the_procedures_name() -> None:
    """The province wants one; made-up words would be worse."""
    assert fields_of(dossier(NUMBER, summary=" "))["TrichYeuHoSo"] == "Đăng ký khai sinh"


aware = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(aware)
def test_a_moment_is_local_and_sorts_like_time(time: datetime) -> None:
    """14 digits, the same instant in Asia/Ho_Chi_Minh whatever zone it came in."""
    text = mapping.moment(time)
    assert len(text) == 14
    assert text == mapping.moment(time.astimezone(UTC))
    assert text <= mapping.moment(time + timedelta(days=1))
    back = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=LOCAL)
    assert abs(back - time) < timedelta(seconds=1)


@given(st.text(max_size=200))
def test_a_text_is_composed_and_fits_into_xml(value: str) -> None:
    """Cleaning is stable, keeps every letter, and what comes out survives an XML parser."""
    found = mapping.text(value)
    assert mapping.text(found) == found
    assert unicodedata.is_normalized("NFC", found)
    letters = [c for c in unicodedata.normalize("NFC", value) if c.isalnum()]
    assert [c for c in found if c.isalnum()] == letters


plain = st.text(st.characters(codec="utf-8"), max_size=60)
named = plain.filter(lambda value: mapping.text(value) != "")
codes = st.text("ABCĐ0123456789.-", min_size=1, max_size=20)
attachments = st.builds(
    Attachment,
    name=named,
    media_type=st.just("application/pdf"),
    size=st.just(1),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    component=codes,
)
dossiers = st.builds(
    ProvinceDossier,
    number=st.just(NUMBER),
    version=st.just(1),
    update=st.booleans(),
    procedure=codes,
    procedure_name=named,
    sector=codes,
    sector_name=named,
    channel=st.sampled_from(Channel),
    applicant=st.builds(
        Applicant,
        kind=st.sampled_from(ApplicantKind),
        name=named,
        identity_number=plain.map(lambda value: value[:20]),
        phone=plain.map(lambda value: value[:20]),
        email=plain,
        address=plain,
    ),
    summary=plain,
    received_at=aware,
    due_at=aware,
    status=st.sampled_from(Status),
    finished_at=st.none() | aware,
    returned_at=st.none() | aware,
    unit=named,
    components=st.lists(
        st.builds(Component, code=codes, name=named, originals=st.just(1), copies=st.just(0)),
        max_size=3,
    ).map(tuple),
)
SOAP = SoapProtocol(settings_for("http://127.0.0.1"))


@given(dossiers, st.lists(attachments, max_size=3))
def test_every_dossier_is_valid_by_both_schemas(
    payload: ProvinceDossier, files: list[Attachment]
) -> None:
    """Whatever the payload allows can be sent, over SOAP (XSD) and over REST (records)."""
    record = fields_of(payload, *files)
    assert list(record) == list(contract.Dossier.__struct_fields__)
    msgspec.convert(record, contract.Dossier)
    SOAP.build(Operation.REGISTER, {"madonvi": "A", "isUpdating": "True", "data": [record]})
