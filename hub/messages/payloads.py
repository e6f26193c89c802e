"""The payload of every message type, as frozen records.

Domain words keep their official Vietnamese names on the wire (without diacritics, camelCase) and
plain English names in code. A released payload never changes its meaning: a new version does.
Text limits follow what partners were seen to accept (reference: national portal, section 1.3).
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

Aware = Annotated[datetime, Meta(tz=True)]
CLEAN = "^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$"
"""No control characters but tab and line ends: PostgreSQL and XML take no others."""
Text = Annotated[str, Meta(max_length=1000, pattern=CLEAN)]
Name = Annotated[str, Meta(min_length=1, max_length=250, pattern=CLEAN)]
Number = Annotated[str, Meta(pattern=r"^[0-9A-Z.]{1,30}-([0-9]{6}|[0-9]{8})-[0-9]{4,7}$")]
"""A dossier number (mã hồ sơ): <agency>-<yyMMdd or yyyyMMdd>-<4 to 7 digits>."""
MaybeNumber = Annotated[str, Meta(pattern=r"^([0-9A-Z.]{1,30}-([0-9]{6}|[0-9]{8})-[0-9]{4,7})?$")]
Short = Annotated[str, Meta(max_length=20, pattern=CLEAN)]
Code = Annotated[str, Meta(min_length=1, max_length=60, pattern=CLEAN)]
MaybeCode = Annotated[str, Meta(max_length=60, pattern=CLEAN)]
Version = Annotated[int, Meta(ge=1)]


class Status(IntEnum):
    """The national status axis of a dossier (trạng thái hồ sơ), 1 to 10."""

    REGISTERED = 1
    ACCEPTED = 2
    REFUSED = 3
    PROCESSING = 4
    SUPPLEMENT_REQUESTED = 5
    PAYMENT_REQUESTED = 6
    WITHDRAWN = 7
    STOPPED = 8
    FINISHED = 9
    RETURNED = 10


class Channel(IntEnum):
    """How the dossier came in (kênh thực hiện)."""

    COUNTER = 1
    ONLINE = 2
    POST = 3


class ApplicantKind(IntEnum):
    """National list of kinds of applicant (loại đối tượng)."""

    CITIZEN = 1
    ENTERPRISE = 2
    STATE_BODY = 3
    ORGANISATION = 4


class Applicant(Struct, frozen=True, kw_only=True):
    """Who asks (chủ hồ sơ). Every field is personal data."""

    kind: ApplicantKind = field(name="loaiDoiTuong", default=ApplicantKind.CITIZEN)
    name: Name = field(name="hoTen")
    identity_number: Short = field(name="soGiayTo", default="")
    phone: Short = field(name="soDienThoai", default="")
    email: Annotated[str, Meta(max_length=120, pattern=CLEAN)] = field(name="email", default="")
    address: Text = field(name="diaChi", default="")


class Component(Struct, frozen=True, kw_only=True):
    """One paper of the dossier (thành phần hồ sơ)."""

    code: Code = field(name="maThanhPhan")
    name: Name = field(name="tenThanhPhan")
    originals: Annotated[int, Meta(ge=0, le=99)] = field(name="soBanChinh", default=0)
    copies: Annotated[int, Meta(ge=0, le=99)] = field(name="soBanSao", default=1)


class Parcel(Struct, frozen=True, kw_only=True):
    """A land parcel (thửa đất)."""

    number: Code = field(name="soThuTuThua")
    map_sheet: Code = field(name="soHieuBanDo")
    area_m2: Annotated[float, Meta(gt=0)] = field(name="dienTich")
    address: Text = field(name="diaChi", default="")


class DossierReceived(Struct, frozen=True, kw_only=True):
    """A dossier was taken in at the counter, online or by post."""

    number: Number = field(name="maHoSo")
    procedure: Code = field(name="maTTHC")
    applicant: Applicant = field(name="chuHoSo")
    summary: Text = field(name="trichYeu", default="")
    received_at: Aware = field(name="ngayTiepNhan")
    channel: Channel = field(name="kenhThucHien", default=Channel.COUNTER)
    components: Annotated[tuple[Component, ...], Meta(min_length=1, max_length=60)] = field(
        name="thanhPhanHoSo"
    )
    parcels: tuple[Parcel, ...] = field(name="thuaDat", default=())
    officer: Name = field(name="nguoiTiepNhan")


class DocumentScanned(Struct, frozen=True, kw_only=True):
    """The scanner delivered the file(s) of one component; the files are the attachments."""

    number: Number = field(name="maHoSo")
    component: Code = field(name="maThanhPhan")
    scanned_at: Aware = field(name="ngayQuet")
    device: Code = field(name="thietBi")


class UnreadCause(StrEnum):
    """Why a person has to say where scanned pages belong."""

    NO_CODE = "no_code"
    TWO_CODES = "two_codes"
    """Two codes of ours that differ are on one page."""
    FOREIGN_CODE = "foreign_code"
    NO_COMPONENT = "no_component"
    """The code tells a dossier, not which paper of it."""
    BLANK = "blank"
    """Nothing is on any page of the stack."""


class PagesUnread(Struct, frozen=True, kw_only=True):
    """Pages were scanned whose code does not tell where they belong; the files are attached."""

    number: MaybeNumber = field(name="maHoSo", default="")
    """Only proposed; "" where nothing on the pages tells a dossier."""
    component: MaybeCode = field(name="maThanhPhan", default="")
    """Only proposed, or ""."""
    cause: UnreadCause = field(name="lyDo")
    stack: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] = field(name="chongGiay")
    """The sha256 of the file in which the pages came."""
    first_page: Annotated[int, Meta(ge=1)] = field(name="trangDau")
    pages: Annotated[int, Meta(ge=1)] = field(name="soTrang")
    scanned_at: Aware = field(name="ngayQuet")
    device: Code = field(name="thietBi")


class Station(StrEnum):
    """Where a barcode was read; the place tells what the scan means."""

    INTAKE = "tiep-nhan"
    RETURN = "tra-ket-qua"


class BarcodeScanned(Struct, frozen=True, kw_only=True):
    """The barcode of a receipt was read at a station of the counter."""

    number: Number = field(name="maHoSo")
    station: Station = field(name="viTri")
    scanned_at: Aware = field(name="thoiDiem")
    device: Code = field(name="thietBi")


class DossierProgressed(Struct, frozen=True, kw_only=True):
    """An officer moved the dossier to a status of the national axis."""

    number: Number = field(name="maHoSo")
    status: Status = field(name="trangThai")
    at: Aware = field(name="thoiDiemXuLy")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    note: Text = field(name="noiDungXuLy", default="")


class SurveySubmitted(Struct, frozen=True, kw_only=True):
    """One satisfaction slip (phiếu khảo sát); anonymous unless it names a dossier."""

    slip: Code = field(name="maPhieu")
    scores: Annotated[
        dict[str, Annotated[int, Meta(ge=0, le=2)]], Meta(min_length=1, max_length=20)
    ] = field(name="diem")
    submitted_at: Aware = field(name="ngayDanhGia")
    number: Annotated[str, Meta(max_length=60, pattern=CLEAN)] = field(name="maHoSo", default="")


class ProvinceDossier(Struct, frozen=True, kw_only=True):
    """Register or update a dossier at the province (DongBoHoSoMC): the whole present state."""

    number: Number = field(name="maHoSo")
    version: Version = field(name="phienBan")
    update: bool = field(name="capNhat")
    procedure: Code = field(name="maTTHC")
    procedure_name: Name = field(name="tenTTHC")
    sector: Code = field(name="maLinhVuc")
    sector_name: Name = field(name="tenLinhVuc")
    channel: Channel = field(name="kenhThucHien")
    applicant: Applicant = field(name="chuHoSo")
    summary: Text = field(name="trichYeu")
    received_at: Aware = field(name="ngayTiepNhan")
    due_at: Aware = field(name="ngayHenTra")
    status: Status = field(name="trangThai")
    finished_at: Aware | None = field(name="ngayKetThucXuLy", default=None)
    returned_at: Aware | None = field(name="ngayTra", default=None)
    unit: Name = field(name="donViXuLy")
    components: tuple[Component, ...] = field(name="thanhPhanHoSo", default=())


class ProvinceProgress(Struct, frozen=True, kw_only=True):
    """Tell the province one step of a dossier (CapNhatTienDoHoSoMC)."""

    number: Number = field(name="maHoSo")
    version: Version = field(name="phienBan")
    status: Status = field(name="trangThai")
    at: Aware = field(name="thoiDiemXuLy")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    text: Text = field(name="noiDungXuLy")
    due_at: Aware | None = field(name="ngayKetThucTheoQuyDinh", default=None)


class TownTransfer(Struct, frozen=True, kw_only=True):
    """Hand an inter-level dossier over to the town administrative centre (TiepNhanHoSo)."""

    number: Number = field(name="maHoSo")
    version: Version = field(name="phienBan")
    procedure: Code = field(name="maTTHC")
    procedure_name: Name = field(name="tenTTHC")
    applicant: Applicant = field(name="chuHoSo")
    received_at: Aware = field(name="ngayTiepNhan")
    due_at: Aware = field(name="ngayHenTra")
    transferred_at: Aware = field(name="ngayChuyen")
    officer: Name = field(name="nguoiChuyen")
    components: tuple[Component, ...] = field(name="thanhPhanHoSo")
    parcels: tuple[Parcel, ...] = field(name="thuaDat", default=())


class TownSupplement(Struct, frozen=True, kw_only=True):
    """Give the town what it asked for (CapNhatTrangThaiBoSungHoSo)."""

    number: Number = field(name="maHoSo")
    version: Version = field(name="phienBan")
    supplied_at: Aware = field(name="ngayBoSung")
    due_at: Aware = field(name="ngayHenTraMoi")
    note: Text = field(name="ghiChu", default="")


class TownResultReturned(Struct, frozen=True, kw_only=True):
    """Tell the town that its result was handed to the applicant (CapNhatKetQuaTraHoSo)."""

    number: Number = field(name="maHoSo")
    version: Version = field(name="phienBan")
    returned_at: Aware = field(name="ngayTra")
    note: Text = field(name="ghiChu", default="")


class TownStep(StrEnum):
    """What the town may report about an inter-level dossier; its own axis, not the national."""

    ACCEPTED = "da-tiep-nhan"
    MOVED_ON = "luan-chuyen"
    AWAITING_SUPPLEMENT = "cho-bo-sung"
    SUPPLEMENTED = "da-bo-sung"
    ENDED = "ket-thuc"


class TownStepReported(Struct, frozen=True, kw_only=True):
    """The town reports a step; `sequence` counts from 1 per dossier, result files are attached."""

    number: Number = field(name="maHoSo")
    sequence: Annotated[int, Meta(ge=1, le=10_000)] = field(name="thuTu")
    step: TownStep = field(name="buoc")
    at: Aware = field(name="thoiDiem")
    officer: Name = field(name="canBo")
    note: Text = field(name="ghiChu", default="")


class DossierSubmitted(Struct, frozen=True, kw_only=True):
    """A dossier was submitted online at a partner's portal (nộp trực tuyến); nobody took it in."""

    number: Number = field(name="maHoSo")
    procedure: Code = field(name="maTTHC")
    applicant: Applicant = field(name="chuHoSo")
    summary: Text = field(name="trichYeu", default="")
    submitted_at: Aware = field(name="ngayNop")
    components: Annotated[tuple[Component, ...], Meta(min_length=1, max_length=60)] = field(
        name="thanhPhanHoSo"
    )
    parcels: Annotated[tuple[Parcel, ...], Meta(max_length=60)] = field(name="thuaDat", default=())


class StatusSet(Struct, frozen=True, kw_only=True):
    """A partner set the status of a dossier on the national axis."""

    number: Number = field(name="maHoSo")
    status: Status = field(name="trangThai")
    at: Aware = field(name="thoiDiemXuLy")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    note: Text = field(name="noiDungXuLy", default="")


class SupplementRequested(Struct, frozen=True, kw_only=True):
    """A partner asks the applicant for more papers (yêu cầu bổ sung giấy tờ)."""

    number: Number = field(name="maHoSo")
    at: Aware = field(name="ngayYeuCau")
    officer: Name = field(name="nguoiYeuCau")
    unit: Name = field(name="phongBanXuLy")
    papers: Annotated[tuple[Name, ...], Meta(max_length=60)] = field(
        name="giayToBoSung", default=()
    )
    reason: Annotated[str, Meta(min_length=1, max_length=1000, pattern=CLEAN)] = field(
        name="noiDungBoSung"
    )
    bring_by: Aware | None = field(name="hanBoSung", default=None)


class TaxNotice(Struct, frozen=True, kw_only=True):
    """One notice of a financial obligation (thông báo thuế)."""

    notice_number: Code = field(name="soThongBao")
    kind: Name = field(name="loaiThue")
    taxpayer: Annotated[str, Meta(max_length=250, pattern=CLEAN)] = field(
        name="hoVaChu", default=""
    )
    amount: Annotated[int, Meta(ge=0, le=10**15)] = field(name="soTien")
    """In đồng."""
    pay_by: Aware | None = field(name="hanNop", default=None)


class PaymentRequested(Struct, frozen=True, kw_only=True):
    """The applicant must meet a financial obligation (nghĩa vụ tài chính); notices are attached."""

    number: Number = field(name="maHoSo")
    at: Aware = field(name="ngayThongBao")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    notices: Annotated[tuple[TaxNotice, ...], Meta(min_length=1, max_length=20)] = field(
        name="thongBaoThue"
    )
    note: Text = field(name="ghiChu", default="")


class ProcedureCorrected(Struct, frozen=True, kw_only=True):
    """The wrong procedure was chosen at reception (nhập sai thủ tục); the clock goes on."""

    number: Number = field(name="maHoSo")
    at: Aware = field(name="thoiDiemXuLy")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    wrong: Code = field(name="maTTHCSai")
    right: Code = field(name="maTTHCDung")
    reason: Text = field(name="lyDo", default="")


class ResultIssued(Struct, frozen=True, kw_only=True):
    """A partner hands the result of a dossier over (trả kết quả); its files are attached."""

    number: Number = field(name="maHoSo")
    at: Aware = field(name="ngayKetThuc")
    officer: Name = field(name="nguoiXuLy")
    unit: Name = field(name="phongBanXuLy")
    result_code: Annotated[str, Meta(max_length=60, pattern=CLEAN)] = field(
        name="maKetQua", default=""
    )
    document_number: Annotated[str, Meta(max_length=60, pattern=CLEAN)] = field(
        name="soVanBan", default=""
    )
    note: Text = field(name="ghiChu", default="")


class PaperToPrint(Struct, frozen=True, kw_only=True):
    """Print the attached file for an officer at a printer of the counter (in giấy tờ)."""

    number: Number = field(name="maHoSo")
    paper: Code = field(name="loaiGiayTo")
    title: Name = field(name="tieuDe")
    printer: Code = field(name="mayIn")
    copies: Annotated[int, Meta(ge=1, le=20)] = field(name="soBan", default=1)
    requested_by: Name = field(name="nguoiYeuCau")
    reprint: Annotated[int, Meta(ge=0, le=99)] = field(name="lanInLai", default=0)
    """How many prints of unknown end came before; from 1 on the paper says *bản in lại*."""


Payload = (
    DossierReceived
    | DocumentScanned
    | PagesUnread
    | BarcodeScanned
    | DossierProgressed
    | SurveySubmitted
    | ProvinceDossier
    | ProvinceProgress
    | TownTransfer
    | TownSupplement
    | TownResultReturned
    | TownStepReported
    | DossierSubmitted
    | StatusSet
    | SupplementRequested
    | PaymentRequested
    | ProcedureCorrected
    | ResultIssued
    | PaperToPrint
)
