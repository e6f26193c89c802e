"""What the hub says, in the province's words: pure, with the code lists as tables.

Field names, formats and lists are those of the national dossier synchronisation (all values are
strings, times yyyyMMddHHmmss in Asia/Ho_Chi_Minh, "" when absent). A code without an entry is a
PermanentFailure `mapping_missing`, never a default. Nothing is made up: what the hub does not
know stays empty.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from hub.messages.envelope import Attachment
from hub.messages.local_time import LOCAL
from hub.messages.payloads import (
    Applicant,
    ApplicantKind,
    Channel,
    ProvinceDossier,
    ProvinceProgress,
    Status,
)
from hub.rules.failures.errors import PermanentFailure

Fields = dict[str, Any]
"""A record of the province: texts, and lists of such records."""


CHANNELS: dict[Channel, str] = {
    Channel.COUNTER: "1",
    Channel.ONLINE: "2",
    Channel.POST: "3",
}
APPLICANT_KINDS: dict[ApplicantKind, str] = {
    ApplicantKind.CITIZEN: "1",
    ApplicantKind.ENTERPRISE: "2",
    ApplicantKind.STATE_BODY: "3",
    ApplicantKind.ORGANISATION: "4",
}
STATUSES: dict[Status, str] = {
    Status.REGISTERED: "1",
    Status.ACCEPTED: "2",
    Status.REFUSED: "3",
    Status.PROCESSING: "4",
    Status.SUPPLEMENT_REQUESTED: "5",
    Status.PAYMENT_REQUESTED: "6",
    Status.WITHDRAWN: "7",
    Status.STOPPED: "8",
    Status.FINISHED: "9",
    Status.RETURNED: "10",
}
IDENTITY_KINDS: dict[int, str] = {12: "1", 9: "2"}
"""Digits of an identity number -> LoaiDinhDanh. Other numbers (passports) have no entry there."""

OFFICER_LENGTH = 50
_FORBIDDEN = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, after line ends were made equal."""

CodeT = TypeVar("CodeT")


def dossier_fields(
    payload: ProvinceDossier, attachments: Iterable[Attachment], *, file_base_url: str
) -> Fields:
    """Return the record of DongBoHoSoMC; raises PermanentFailure `mapping_missing`."""
    papers, results = documents(payload, attachments, file_base_url=file_base_url)
    received = moment(payload.received_at)
    return {
        "MaHoSo": payload.number,
        "MaTTHC": text(payload.procedure),
        "TenTTHC": text(payload.procedure_name),
        "MaLinhVuc": text(payload.sector),
        "TenLinhVuc": text(payload.sector_name),
        "KenhThucHien": code(CHANNELS, payload.channel, "KenhThucHien"),
        "SoBienNhan": "",
        **_applicant_fields(payload.applicant),
        "TrichYeuHoSo": text(payload.summary) or text(payload.procedure_name),
        "NgayNopHoSo": received,
        "NgayTiepNhan": received,
        "NgayHenTra": moment(payload.due_at),
        "TrangThaiHoSo": code(STATUSES, payload.status, "TrangThaiHoSo"),
        "NgayTra": moment(payload.returned_at),
        "ThongTinTra": "",
        "HinhThuc": "0",
        "NgayKetThucXuLy": moment(payload.finished_at),
        "NgayTuChoi": "",
        "DonViXuLy": text(payload.unit),
        "GhiChu": "",
        "NoiNopHoSo": "2",  # at the local system
        "HoSoCoThanhPhanSoHoa": "1" if papers else "0",
        "TaiKhoanDuocXacThucVoiVNeID": "0",
        "DuocThanhToanTrucTuyen": "0",
        "DinhDanhCHS": identities(payload.applicant.identity_number),
        "DSKetNoiCSDL": [],
        "TaiLieuNop": papers,
        "DanhSachLePhi": [],
        "DanhSachTepDinhKemKhac": [],
        "DanhSachHoSoBoSung": [],
        "DanhSachGiayToKetQua": results,
    }


def _applicant_fields(applicant: Applicant) -> Fields:
    return {
        "ChuHoSo": text(applicant.name),
        "LoaiDoiTuong": code(APPLICANT_KINDS, applicant.kind, "LoaiDoiTuong"),
        "MaDoiTuong": "",
        "SoGiayToChuHoSo": text(applicant.identity_number),
        "ThongTinKhac": text(applicant.address),
        "Email": text(applicant.email),
        "Fax": "",
        "SoDienThoai": text(applicant.phone),
    }


def step_fields(payload: ProvinceProgress) -> Fields:
    """Return the record of CapNhatTienDoHoSoMC; raises PermanentFailure `mapping_missing`."""
    return {
        "MaHoSo": payload.number,
        "NguoiXuLy": text(payload.officer)[:OFFICER_LENGTH],
        "ChucDanh": "",
        "ThoiDiemXuLy": moment(payload.at),
        "PhongBanXuLy": text(payload.unit),
        "NoiDungXuLy": text(payload.text),
        "TrangThai": code(STATUSES, payload.status, "TrangThai"),
        "NgayBatDau": "",
        "NgayKetThucTheoQuyDinh": moment(payload.due_at),
    }


def documents(
    payload: ProvinceDossier, attachments: Iterable[Attachment], *, file_base_url: str
) -> tuple[list[Fields], list[Fields]]:
    """Return the papers handed in and the result documents.

    A file belongs to the component that it names. Once the dossier is finished, a file that
    names none of its components is a result.
    """
    components = {component.code for component in payload.components}
    finished = payload.status in {Status.FINISHED, Status.RETURNED}
    papers, results = [], []
    for file in attachments:
        address = f"{file_base_url.rstrip('/')}/{file.sha256}"
        if finished and file.component not in components:
            results.append(_result(file, address))
        else:
            papers.append(_paper(file, address))
    return papers, results


def _result(file: Attachment, address: str) -> Fields:
    return {
        "TenGiayTo": text(file.name),
        "MaThanhPhanHoSo": text(file.component),
        "GiayToId": file.sha256[:32],
        "DuongDanTepTinKetQua": address,
        "MaGiayToKetQua": "",
        "MaBamTepTin": file.sha256,
    }


def _paper(file: Attachment, address: str) -> Fields:
    return {
        "TepDinhKemId": file.sha256[:32],
        "TenTepDinhKem": text(file.name),
        "IsDeleted": "False",
        "MaThanhPhanHoSo": text(file.component),
        "DuongDanTaiTepTin": address,
        "DuocSoHoa": "1",
        "DuocTaiSuDung": "0",
        "DuocLayTuKhoDMQG": "0",
        "MaKetQuaThayThe": "",
        "MaBamTepTin": file.sha256,
    }


def identities(number: str) -> list[Fields]:
    """Return DinhDanhCHS: one entry for a personal number, none where its kind is not listed."""
    kind = IDENTITY_KINDS.get(len(number)) if number.isascii() and number.isdigit() else None
    return [{"LoaiDinhDanh": kind, "SoDinhDanh": number}] if kind else []


def code(table: Mapping[CodeT, str], value: CodeT, name: str) -> str:
    """Return the partner's code; raises PermanentFailure `mapping_missing`, naming the field."""
    try:
        return table[value]
    except KeyError:
        raise PermanentFailure("mapping_missing", f"{name}: no code for {value!r}") from None


def moment(time: datetime | None) -> str:
    """Return yyyyMMddHHmmss in Asia/Ho_Chi_Minh, "" for None; parts of a second are dropped."""
    if time is None:
        return ""
    local = time.astimezone(LOCAL)
    return f"{local.year:04}{local:%m%d%H%M%S}"


def text(value: str) -> str:
    """Return the text composed (NFC), with \\n line ends, without what XML cannot carry.

    Two spellings of the same Vietnamese letters would otherwise differ when they are compared.
    """
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", unicodedata.normalize("NFC", plain)).strip()
