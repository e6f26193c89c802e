"""What the operations take and give beside the payloads of messages, as frozen records.

Field names are those on the wire, the same in XML and in JSON. No reply holds the applicant: a
partner that asks how far a dossier is knows whose it is.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct, field

from hub.messages.envelope import MediaType, Sha256
from hub.messages.payloads import Number

PRINTABLE = r"^[ -~\xa1-\xac\xae-\u024f\u1ea0-\u1ef9]*$"
"""Letters of Vietnam among them; an envelope takes no other code of a component."""
Component = Annotated[str, Meta(max_length=60, pattern=PRINTABLE)]
SHOWN_AS_IT_IS = r"^[^\x00-\x1f\x7f-\x9f/\\\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$"
"""No letters that turn, hide or break what is read: `hop\u202efdp.exe` looks like a PDF."""
ShownFileName = Annotated[str, Meta(min_length=1, max_length=250, pattern=SHOWN_AS_IT_IS)]
Cursor = Annotated[str, Meta(max_length=200, pattern=r"^[\w-]*$")]
MOST_FILES = 100
"""Files of one call."""
RequestId = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]


class FileGiven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that comes with a call; its bytes are in the store."""

    name: ShownFileName = field(name="tenTep")
    media_type: MediaType = field(name="loaiTep")
    component: Component = field(name="maThanhPhan", default="")
    sha256: Sha256 = field(name="maBamTep")


class DossierQuery(Struct, frozen=True, kw_only=True):
    """Which dossier."""

    number: Number = field(name="maHoSo")


class DayQuery(Struct, frozen=True, kw_only=True):
    """Which page of the dossiers of a day."""

    day: date = field(name="ngay")
    after: Cursor = field(name="sau", default="")
    limit: Annotated[int, Meta(ge=1, le=500)] = field(name="soLuong", default=100)


class ChangesQuery(Struct, frozen=True, kw_only=True):
    """Which page of the feed of changes."""

    after: Cursor = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class ClaimQuery(Struct, frozen=True, kw_only=True):
    """How many waiting dossiers to claim, and for how long."""

    limit: Annotated[int, Meta(ge=1, le=100)] = field(name="soLuong", default=20)
    seconds: Annotated[int, Meta(ge=60, le=3600)] = field(name="thoiGianGiu", default=900)


class FileQuery(Struct, frozen=True, kw_only=True):
    """Which file of which dossier."""

    number: Number = field(name="maHoSo")
    sha256: Sha256 = field(name="maBamTep")


class CallReceipt(Struct, frozen=True, kw_only=True):
    """The hub has it durably. A repeated call gets this same answer."""

    message_id: str = field(name="maThongDiep")
    number: str = field(name="maHoSo")


class StepShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of a dossier's timeline."""

    status: int = field(name="trangThai")
    status_name: str = field(name="tenTrangThai")
    at: datetime = field(name="thoiDiemXuLy")
    officer: str = field(name="nguoiXuLy")
    unit: str = field(name="phongBanXuLy")
    note: str = field(name="noiDungXuLy")
    applied: bool = field(name="daApDung")
    why_not: str | None = field(name="lyDoKhongApDung", default=None)


class FileShown(Struct, frozen=True, kw_only=True):
    """A file of a dossier."""

    sha256: str = field(name="maBamTep")
    name: str = field(name="tenTep")
    media_type: str = field(name="loaiTep")
    size: int = field(name="kichThuoc")
    component: str = field(name="maThanhPhan")
    is_result: bool = field(name="laKetQua")


class DossierShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of a dossier: what the ward and a partner compare."""

    number: str = field(name="maHoSo")
    procedure: str = field(name="maTTHC")
    channel: int = field(name="kenhThucHien")
    inter_level: bool = field(name="lienThong")
    status: int = field(name="trangThai")
    status_name: str = field(name="tenTrangThai")
    status_at: datetime = field(name="thoiDiemTrangThai")
    received_at: datetime = field(name="ngayTiepNhan")
    due_at: datetime = field(name="ngayHenTra")
    first_due_at: datetime = field(name="ngayHenTraBanDau")
    finished_at: datetime | None = field(name="ngayKetThucXuLy", default=None)
    returned_at: datetime | None = field(name="ngayTra", default=None)
    supplement_since: datetime | None = field(name="choBoSungTu", default=None)
    version: int = field(name="phienBan")


class DossierFound(Struct, frozen=True, kw_only=True):
    """A dossier with its timeline and its files."""

    dossier: DossierShown = field(name="hoSo")
    steps: tuple[StepShown, ...] = field(name="tienTrinh")
    files: tuple[FileShown, ...] = field(name="tepDinhKem")


class ChangeShown(Struct, frozen=True, kw_only=True):
    """One change of a dossier. No personal data."""

    id: str = field(name="maSuKien")
    """The same as long as the change is told; `webhook-id` of the webhook about it."""
    cursor: str = field(name="viTri")
    kind: str = field(name="loai")
    number: str = field(name="maHoSo")
    code: str = field(name="ma")
    at: datetime = field(name="thoiDiem")
    message_id: str = field(name="maThongDiep")


class ChangeList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the feed; `next` is where the reader goes on, now or later."""

    changes: tuple[ChangeShown, ...] = field(name="thayDoi")
    next: str = field(name="tiepTheo")
    more: bool = field(name="conTiep")
    removed_to: str | None = field(name="daLuuTruDen", default=None)
    """Up to here changes are missing whose dossiers were archived."""


class WebhookReplay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stretch of the feed is sent again: by cursors, or by times. Without an end: all."""

    after: Cursor = ""
    until: Cursor = ""
    start: Annotated[datetime, Meta(tz=True)] | None = field(name="tuThoiDiem", default=None)
    end: Annotated[datetime, Meta(tz=True)] | None = field(name="denThoiDiem", default=None)


class WebhookShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook as its owner sees it; no secret is in it."""

    id: str = field(name="maWebhook")
    url: str = field(name="diaChi")
    state: str = field(name="tinhTrang")
    last_success_at: datetime | None = field(name="thanhCongLanCuoi", default=None)
    last_failure_at: datetime | None = field(name="loiLanCuoi", default=None)
    last_code: str = field(name="maLoi", default="")
    last_detail: str = field(name="chiTietLoi", default="")
    failing_since: datetime | None = field(name="loiTu", default=None)
    paused_until: datetime | None = field(name="thuLaiLuc", default=None)
    backlog: int = field(name="soSuKienCho")
    refused: int = field(name="soSuKienLoi")
    more: bool = field(name="conNua")
    replaying: bool = field(name="dangGuiLai")
    tested_at: datetime | None = field(name="thuLuc", default=None)
    test_code: str = field(name="maLoiThu", default="")


class WebhookList(Struct, frozen=True, kw_only=True):
    """The webhooks of a client."""

    webhooks: tuple[WebhookShown, ...] = field(name="webhook")


class DossierList(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the dossiers of a day; `next` asks for the one behind it."""

    dossiers: tuple[DossierShown, ...] = field(name="hoSo")
    next: str | None = field(name="tiepTheo", default=None)


class DossiersClaimed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dossiers that wait to be received, held for the caller until a time."""

    dossiers: tuple[DossierShown, ...] = field(name="hoSo")
    until: datetime | None = field(name="giuDen", default=None)
