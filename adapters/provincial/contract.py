"""The province's JSON as frozen records: the shapes of `schemas/provincial/openapi.yaml`.

Decoding with them is the check of what goes out over REST and of what comes back; a test compares
them with the OpenAPI file and with the XSD, so the two ways of talking keep the same fields. The
attributes carry the wire's names: they are the partner's words, and occur nowhere else in code.
"""

from typing import Annotated, get_args

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(max_length=4000)]
Name = Annotated[str, Meta(min_length=1, max_length=250)]
Officer = Annotated[str, Meta(max_length=50)]
Summary = Annotated[str, Meta(min_length=1, max_length=1000)]
FileName = Annotated[str, Meta(min_length=1, max_length=4000)]
PaperName = Annotated[str, Meta(max_length=2000)]
Number = Annotated[str, Meta(pattern=r"^[0-9A-Z.]{1,30}-([0-9]{6}|[0-9]{8})-[0-9]{4,7}$")]
Code = Annotated[str, Meta(min_length=1, max_length=60)]
Moment = Annotated[str, Meta(pattern=r"^[0-9]{14}$")]
MomentOrNone = Annotated[str, Meta(pattern=r"^([0-9]{14})?$")]
StatusCode = Annotated[str, Meta(pattern=r"^([1-9]|10)$")]
ChannelCode = Annotated[str, Meta(pattern=r"^[123]$")]
KindCode = Annotated[str, Meta(pattern=r"^[1234]$")]
Flag = Annotated[str, Meta(pattern=r"^[01]$")]
Reuse = Annotated[str, Meta(pattern=r"^[012]$")]
Payment = Annotated[str, Meta(pattern=r"^[0123]$")]
Truth = Annotated[str, Meta(pattern=r"^(True|False)$")]
IdentityKind = Annotated[str, Meta(pattern=r"^[12]$")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Identity(Struct, frozen=True, kw_only=True):
    """An identity number of the applicant."""

    LoaiDinhDanh: IdentityKind
    SoDinhDanh: Text


class Database(Struct, frozen=True, kw_only=True):
    """A database that was asked."""

    MaCSDL: Text


class Paper(Struct, frozen=True, kw_only=True):
    """A paper handed in."""

    TepDinhKemId: Code
    TenTepDinhKem: FileName
    IsDeleted: Truth
    MaThanhPhanHoSo: Text
    DuongDanTaiTepTin: Text
    DuocSoHoa: Flag
    DuocTaiSuDung: Reuse
    DuocLayTuKhoDMQG: Flag
    MaKetQuaThayThe: Text
    MaBamTepTin: Hash | None = None


class Fee(Struct, frozen=True, kw_only=True):
    """A fee."""

    TenPhiLePhi: Text
    MaPhiLePhi: Text
    HinhThucThu: Text
    Gia: Text
    LoaiPhiLePhi: Text


class OtherPaper(Struct, frozen=True, kw_only=True):
    """Another paper, without a file."""

    TenGiayTo: PaperName
    SoLuong: int
    LoaiGiayTo: int


class Supplement(Struct, frozen=True, kw_only=True):
    """One round of asking for and getting a supplement."""

    HoSoBoSungId: int
    NguoiYeuCauBoSung: Officer
    NoiDungBoSung: Text
    NgayBoSung: MomentOrNone
    NguoiTiepNhanBoSung: Officer
    ThongTinTiepNhan: Text
    NgayTiepNhanBoSung: MomentOrNone
    TrangThaiBoSung: bool
    DanhSachGiayToBoSung: tuple[OtherPaper, ...] = ()
    DanhSachLePhiBoSung: tuple[Fee, ...] = ()
    NgayHenTraTruoc: MomentOrNone
    NgayHenTraMoi: MomentOrNone


class ResultPaper(Struct, frozen=True, kw_only=True):
    """A result document."""

    TenGiayTo: PaperName
    MaThanhPhanHoSo: Text
    GiayToId: Code
    DuongDanTepTinKetQua: Text
    MaGiayToKetQua: Text
    MaBamTepTin: Hash | None = None


class Dossier(Struct, frozen=True, kw_only=True):
    """A dossier, the whole present state."""

    MaHoSo: Number
    MaTTHC: Code
    TenTTHC: Name
    MaLinhVuc: Code
    TenLinhVuc: Name
    KenhThucHien: ChannelCode
    SoBienNhan: Text
    ChuHoSo: Text
    LoaiDoiTuong: KindCode
    MaDoiTuong: Text
    SoGiayToChuHoSo: Text
    ThongTinKhac: Text
    Email: Text
    Fax: Text
    SoDienThoai: Text
    TrichYeuHoSo: Summary
    NgayNopHoSo: Moment
    NgayTiepNhan: Moment
    NgayHenTra: Moment
    TrangThaiHoSo: StatusCode
    NgayTra: MomentOrNone
    ThongTinTra: Text
    HinhThuc: Text
    NgayKetThucXuLy: MomentOrNone
    NgayTuChoi: MomentOrNone
    DonViXuLy: Text
    GhiChu: Text
    NoiNopHoSo: Text
    HoSoCoThanhPhanSoHoa: Flag
    TaiKhoanDuocXacThucVoiVNeID: Flag
    DuocThanhToanTrucTuyen: Payment
    DinhDanhCHS: tuple[Identity, ...] = ()
    DSKetNoiCSDL: tuple[Database, ...] = ()
    TaiLieuNop: tuple[Paper, ...] = ()
    DanhSachLePhi: tuple[Fee, ...] = ()
    DanhSachTepDinhKemKhac: tuple[OtherPaper, ...] = ()
    DanhSachHoSoBoSung: tuple[Supplement, ...] = ()
    DanhSachGiayToKetQua: tuple[ResultPaper, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """One step of a dossier."""

    MaHoSo: Number
    NguoiXuLy: Officer
    ChucDanh: Text
    ThoiDiemXuLy: Moment
    PhongBanXuLy: Text
    NoiDungXuLy: Text
    TrangThai: StatusCode
    NgayBatDau: MomentOrNone
    NgayKetThucTheoQuyDinh: MomentOrNone


# --- calls ----------------------------------------------------------------------------------------


class LoginCall(Struct, frozen=True, kw_only=True):
    """Log in."""

    username: Code
    password: Name
    madonvi: Code


class LookUpCall(Struct, frozen=True, kw_only=True, tag_field="service", tag="TraCuuHoSo"):
    """Look a dossier up, with its steps."""

    session: Text
    madonvi: Code
    mahoso: Number


class RegisterCall(Struct, frozen=True, kw_only=True, tag_field="service", tag="DongBoHoSoMC"):
    """Register dossiers, or replace their records."""

    session: Text
    madonvi: Code
    updating: Truth = field(name="isUpdating")
    data: Annotated[tuple[Dossier, ...], Meta(min_length=1)]


class StepsCall(Struct, frozen=True, kw_only=True, tag_field="service", tag="CapNhatTienDoHoSoMC"):
    """Add steps to dossiers."""

    session: Text
    madonvi: Code
    data: Annotated[tuple[Step, ...], Meta(min_length=1)]


class ProcedureCall(Struct, frozen=True, kw_only=True, tag_field="service", tag="LayThuTuc"):
    """Look a procedure up."""

    session: Text
    madonvi: Code
    procedure: Code = field(name="maTTHC")


Calls = LookUpCall | RegisterCall | StepsCall | ProcedureCall
"""What the one address takes, told apart by the key `service`."""


# --- replies --------------------------------------------------------------------------------------


class Login(Struct, frozen=True, kw_only=True):
    """Reply of the login."""

    error_code: int | str
    message: str = ""
    session: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """What TraCuuHoSo found."""

    HoSo: Dossier
    TienDo: tuple[Step, ...] = ()


class LookUp(Struct, frozen=True, kw_only=True):
    """Reply of TraCuuHoSo."""

    error_code: int | str
    message: str = ""
    result: tuple[Found, ...] = ()


class Outcome(Struct, frozen=True, kw_only=True):
    """What was done for one dossier of the call."""

    MaHoSo: Number
    MaThamChieu: Text = ""


class Done(Struct, frozen=True, kw_only=True):
    """Reply of DongBoHoSoMC and CapNhatTienDoHoSoMC."""

    error_code: int | str
    message: str = ""
    result: tuple[Outcome, ...] = ()


class Procedure(Struct, frozen=True, kw_only=True):
    """A procedure of the catalogue; the keys of catalogue replies are upper case."""

    MATTHC: Code
    TENTTHC: Name


class ProcedureFound(Struct, frozen=True, kw_only=True):
    """Reply of LayThuTuc."""

    error_code: int | str
    message: str = ""
    result: tuple[Procedure, ...] = ()


PUBLIC = (LoginCall, *get_args(Calls), Login, LookUp, Done, ProcedureFound)
"""The records that stand for a whole body."""
