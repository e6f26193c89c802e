"""What is said between the hub and the town administrative centre, as frozen records.

The records are the contract's shapes in Python; `schemas/town_center/openapi.yaml` is the same
contract for everybody else, and a test compares the two, so decoding with these records is the
validation of what comes in and of what goes out. Nothing here maps codes or does I/O.

Wire names follow the land systems that Vietnamese towns run (SoBienNhan is the dossier number).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from hub.messages.payloads import Aware, Code, Name, Number, Text, TownStep, Version

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Meta(ge=0)]
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
MediaType = Annotated[str, Meta(min_length=3, max_length=120)]
Count = Annotated[int, Meta(ge=0, le=99)]


# --- hub -> town ----------------------------------------------------------------------------------


class File(Struct, frozen=True, kw_only=True):
    """A file by reference and hash; the receiver pulls it from `url`."""

    name: Name
    media_type: MediaType = field(name="mediaType")
    size: Size
    sha256: Digest
    url: Url


class Paper(Struct, frozen=True, kw_only=True):
    """One paper of the dossier with all of its files."""

    code: Code = field(name="MaGiayTo")
    name: Name = field(name="TenGiayTo")
    originals: Count = field(name="SoBanChinh")
    copies: Count = field(name="SoBanSao")
    files: tuple[File, ...] = field(name="TapTin")


class SuppliedPaper(Struct, frozen=True, kw_only=True):
    """Files of one paper that was handed in later; no code when the paper is not a listed one."""

    code: Annotated[str, Meta(max_length=60)] = field(name="MaGiayTo")
    files: tuple[File, ...] = field(name="TapTin")


class Submitter(Struct, frozen=True, kw_only=True):
    """Who asks: kind 0 citizen, 1 business, 2 household business. All of it is personal data."""

    kind: Annotated[int, Meta(ge=0, le=2)] = field(name="LoaiDoiTuong")
    name: Name = field(name="HoTen")
    identity_number: Annotated[str, Meta(max_length=20)] = field(name="SoChungMinh")
    address: Text = field(name="DiaChiChiTiet")
    phone: Annotated[str, Meta(max_length=20)] = field(name="SoDienThoai")
    email: Annotated[str, Meta(max_length=120)] = field(name="Email")


class Process(Struct, frozen=True, kw_only=True):
    """The town's process for the procedure."""

    code: Code = field(name="MaQuyTrinh")
    name: Name = field(name="TenQuyTrinh")


class LandParcel(Struct, frozen=True, kw_only=True):
    """A land parcel; the area in square metres."""

    number: Code = field(name="SoThuTuThua")
    map_sheet: Code = field(name="SoHieuBanDo")
    area_m2: Annotated[float, Meta(gt=0)] = field(name="DienTich")
    address: Text = field(name="DiaChiChiTiet")


class Transfer(Struct, frozen=True, kw_only=True):
    """TiepNhanHoSo: hand a dossier over to the town."""

    number: Number = field(name="SoBienNhan")
    version: Version = field(name="PhienBan")
    officer: Name = field(name="NguoiTiepNhan")
    received_at: Aware = field(name="NgayTiepNhan")
    due_at: Aware = field(name="NgayHenTra")
    transferred_at: Aware = field(name="NgayChuyen")
    submitter: Submitter = field(name="ThongTinNguoiNopDon")
    process: Process = field(name="ThongTinQuyTrinh")
    parcels: tuple[LandParcel, ...] = field(name="ThongTinThuaDat")
    papers: Annotated[tuple[Paper, ...], Meta(min_length=1, max_length=60)] = field(
        name="DanhSachGiayToDinhKem"
    )
    other_files: tuple[File, ...] = field(name="DanhSachTepDinhKemKhac")


class Supplement(Struct, frozen=True, kw_only=True):
    """CapNhatTrangThaiBoSungHoSo: give the town what it asked for."""

    number: Number = field(name="SoBienNhan")
    version: Version = field(name="PhienBan")
    supplied_at: Aware = field(name="NgayBoSung")
    due_at: Aware = field(name="NgayHenTraMoi")
    note: Text = field(name="GhiChu")
    papers: tuple[SuppliedPaper, ...] = field(name="DanhSachGiayToBoSung")


class ResultReturned(Struct, frozen=True, kw_only=True):
    """CapNhatKetQuaTraHoSo: the town's result was handed to the applicant."""

    number: Number = field(name="SoBienNhan")
    version: Version = field(name="PhienBan")
    returned_at: Aware = field(name="NgayTra")
    note: Text = field(name="GhiChu")


# --- the town's replies ---------------------------------------------------------------------------


class ReplyCode(StrEnum):
    """`status.code` of a reply."""

    DONE = "00"
    EXISTS = "03"
    INVALID = "10"
    UNAUTHORIZED = "11"
    FORBIDDEN = "12"
    NOT_FOUND = "20"
    WRONG_STATE = "21"
    SYSTEM_ERROR = "50"
    BUSY = "53"


class Outcome(Struct, frozen=True, kw_only=True):
    """How a call ended. `code` is open: an unknown one must not make the reply unreadable."""

    success: bool
    code: Annotated[str, Meta(max_length=20)]
    type: Annotated[str, Meta(max_length=60)]
    time: Aware
    message: Text


class Reply(Struct, frozen=True, kw_only=True):
    """The reply to a writing call: `data` 1 done, 0 not done; the town's own number when known.

    It names the dossier of the call: without that number nothing is taken for done.
    """

    data: Annotated[int, Meta(ge=0, le=1)]
    number: Annotated[str, Meta(max_length=60)] = field(name="SoBienNhan", default="")
    own_number: Annotated[str, Meta(max_length=60)] = field(name="MaHoSoThiXa", default="")
    status: Outcome


class DossierState(StrEnum):
    """Where a dossier stands at the town: received, or the last step."""

    NEW = "moi"
    ACCEPTED = "da-tiep-nhan"
    MOVED_ON = "luan-chuyen"
    AWAITING_SUPPLEMENT = "cho-bo-sung"
    SUPPLEMENTED = "da-bo-sung"
    ENDED = "ket-thuc"


class FileState(StrEnum):
    """What became of a file that the town was to pull."""

    PENDING = "cho"
    VERIFIED = "da-xac-minh"
    WRONG = "sai-ma-bam"


class Recorded(Struct, frozen=True, kw_only=True):
    """One call that took effect, with the hub's message id ("" when it carried none)."""

    message_id: Annotated[str, Meta(max_length=64)] = field(name="maThongDiep")
    version: Version = field(name="PhienBan")
    at: Aware = field(name="luc")


class HeldFile(Struct, frozen=True, kw_only=True):
    """One file of the dossier, and whether the town pulled it and found its hash right."""

    name: Name
    sha256: Digest
    size: Size
    state: FileState = field(name="xacMinh")


class HeldDossier(Struct, frozen=True, kw_only=True):
    """A dossier as the town holds it; the dates as first handed over."""

    number: Number = field(name="SoBienNhan")
    own_number: Annotated[str, Meta(max_length=60)] = field(name="MaHoSoThiXa", default="")
    state: DossierState = field(name="TrangThai")
    process: Code = field(name="MaQuyTrinh")
    received_at: Aware = field(name="NgayTiepNhan")
    due_at: Aware = field(name="NgayHenTra")
    transfers: tuple[Recorded, ...] = field(name="tiepNhan")
    supplements: tuple[Recorded, ...] = field(name="boSung")
    returns: tuple[Recorded, ...] = field(name="traKetQua")
    files: tuple[HeldFile, ...] = field(name="TapTin")


class FindReply(Struct, frozen=True, kw_only=True):
    """The reply to a search by number; `data` is null when there is no such dossier."""

    data: HeldDossier | None
    status: Outcome


class Token(Struct, frozen=True, kw_only=True):
    """The reply of the token endpoint; `expires_in` in seconds."""

    access_token: Annotated[str, Meta(min_length=1, max_length=4000)]
    expires_in: Annotated[int, Meta(ge=1)]
    token_type: Annotated[str, Meta(max_length=20)]


# --- town -> hub ----------------------------------------------------------------------------------


class ResultFile(Struct, frozen=True, kw_only=True):
    """A result file; the hub pulls it from `url`, which lies on the town's own host."""

    code: Annotated[str, Meta(max_length=60)] = field(name="MaGiayToKetQua", default="")
    name: Name
    media_type: MediaType = field(name="mediaType")
    size: Size
    sha256: Digest
    url: Url


class StepReport(Struct, frozen=True, kw_only=True):
    """One step of a dossier. `thoiDiem` is UTC; when it carries an offset, the offset counts."""

    event_id: Code = field(name="maSuKien")
    number: Number = field(name="SoBienNhan")
    sequence: Annotated[int, Meta(ge=1, le=10_000)] = field(name="thuTu")
    step: TownStep = field(name="buoc")
    at: datetime = field(name="thoiDiem")
    officer: Name = field(name="canBo")
    note: Text = field(name="ghiChu", default="")
    results: Annotated[tuple[ResultFile, ...], Meta(max_length=60)] = field(
        name="DanhSachGiayToKetQua", default=()
    )


class Acknowledgement(Struct, frozen=True, kw_only=True):
    """The hub's answer: Result 1 only when the step is stored durably, now or before."""

    result: Annotated[int, Meta(ge=0, le=1)] = field(name="Result")
    message: Text = field(name="Message")
    cause: Text = field(name="Cause", default="")


PUBLIC = (
    Transfer,
    Supplement,
    ResultReturned,
    Reply,
    FindReply,
    Token,
    StepReport,
    Acknowledgement,
)
"""The records that the OpenAPI file names at its operations; the others hang below them."""
