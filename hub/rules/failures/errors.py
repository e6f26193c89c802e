"""How a call to a partner can fail. Three outcomes, not two: no effect, some effect, unknown.

Destinations raise nothing but these. `code` is stable, unique in meaning and has a heading in
docs/runbook; `detail` is the technical cause for operators and never holds personal data.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from hub.messages.invalid import InvalidMessage

__all__ = [
    "FAULTS",
    "AmbiguousFailure",
    "DeliveryFailure",
    "EarlyMessage",
    "Fault",
    "FaultClass",
    "InvalidMessage",
    "NotAttempted",
    "PermanentFailure",
    "TransientFailure",
    "is_certain",
    "kept_code",
    "unknown_code",
]


SAID_TO_EXIST = "lookup_behind"
"""Code of a call that was answered "already exists", while the look-up does not show it."""


class FaultClass(StrEnum):
    """What a failure says about the effect at the partner."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"
    DEFERRED = "held"
    INVALID = "invalid"


Failure = TypeVar("Failure", bound="DeliveryFailure")


class DeliveryFailure(Exception):
    """A call did not end in a receipt."""

    fault_class: FaultClass

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retry_after: timedelta | None = None,
        partner_code: str = "",
    ):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:1000]
        self.retry_after = retry_after
        """How long the partner asked us to wait, when it did."""
        self.partner_code = partner_code
        """The partner's own code, "" where it gave none; see `kept_code`."""
        self.differs: tuple[str, ...] = ()
        """The partner's names of fields that are not as sent, where that is the reason."""
        self.response_hash = ""
        """sha256 of the reply that says so, "" when there was none: evidence."""

    def as_kind(self, kind: type[Failure]) -> Failure:
        """Return the same failure as another kind, or as one more of its own to be raised."""
        same = kind(
            self.code, self.detail, retry_after=self.retry_after, partner_code=self.partner_code
        )
        same.differs = self.differs
        return same


_LEFT_OUT = re.compile(r"[^A-Za-z0-9_.\-]|\d{6,}")
_MARK, _DIGITS, _LONGEST = "~", 6, 40


def kept_code(code: object) -> str:
    """Return a partner's code as it may be kept: what could be somebody's number is left out of it.

    Where that changed the code, a short hash of the whole code stands behind it, so that two codes
    stay two codes: `100201` becomes `#~` and six digits. 24 bits are enough to keep the codes of a
    partner apart, and too few to find out a number: sixty numbers of nine digits have the same.
    """
    whole = str(code)
    kept = _LEFT_OUT.sub("#", whole)[:_LONGEST] or "#"
    if kept == whole and "#" not in kept:
        return kept
    digest = hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
    return f"{kept[: _LONGEST - _DIGITS - 1]}{_MARK}{digest}"


def is_certain(kept: str) -> bool:
    """Tell whether a kept code stands for one code only: nothing was left out, or a hash is there.

    Codes that were kept before there was a hash may stand for any number of codes.
    """
    return "#" not in kept or _MARK in kept


def unknown_code(code: object, place: str = "") -> "AmbiguousFailure":
    """Return the failure of a reply code without a mapping, with the code as it may be kept."""
    kept = kept_code(code)
    detail = f"their code {kept}" + (f", {place}" if place else "")
    return AmbiguousFailure("reply_unknown_code", detail, partner_code=kept)


class TransientFailure(DeliveryFailure):
    """Certainly no effect at the partner; the same call may work later."""

    fault_class = FaultClass.TRANSIENT


class PermanentFailure(DeliveryFailure):
    """Certainly no effect, and the same call never will have one: a person must act."""

    fault_class = FaultClass.PERMANENT


class AmbiguousFailure(DeliveryFailure):
    """The partner may have done it. Never repeated blindly: ask (reconcile) or resolve."""

    fault_class = FaultClass.AMBIGUOUS


class NotAttempted(DeliveryFailure):
    """Not tried: the partner is closed or paused. Waits without using an attempt."""

    fault_class = FaultClass.DEFERRED


class EarlyMessage(Exception):
    """A message came before what it is about; kept until that comes.

    Before the dossier with its key, before the hand-over, or before the papers that were asked for.
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault code: its usual class, and what it means to an officer and to an operator."""

    code: str
    fault_class: FaultClass
    vi: str
    en: str


_T, _P, _A, _H, _I = (
    FaultClass.TRANSIENT,
    FaultClass.PERMANENT,
    FaultClass.AMBIGUOUS,
    FaultClass.DEFERRED,
    FaultClass.INVALID,
)

_TABLE = (
    # our own contract
    Fault("json_broken", _I, "Dữ liệu gửi vào không phải JSON hợp lệ.", "Broken JSON."),
    Fault("xml_broken", _I, "Dữ liệu gửi vào không phải XML hợp lệ.", "Broken or forbidden XML."),
    Fault("envelope_invalid", _I, "Phong bì thông điệp sai cấu trúc.", "Envelope invalid."),
    Fault("payload_invalid", _I, "Nội dung thông điệp sai cấu trúc.", "Payload invalid."),
    Fault("type_unknown", _I, "Loại thông điệp không có trong danh mục.", "Unknown message type."),
    Fault("version_unknown", _I, "Phiên bản thông điệp chưa hỗ trợ.", "Unknown message version."),
    Fault("message_too_large", _I, "Thông điệp vượt giới hạn kích thước.", "Message too large."),
    Fault("file_too_large", _I, "Tệp vượt giới hạn kích thước.", "File too large."),
    Fault("file_hash_wrong", _I, "Tệp không khớp mã băm đã khai.", "File hash differs."),
    Fault("file_missing", _I, "Không tìm thấy tệp đã tham chiếu.", "Referenced file missing."),
    Fault("number_malformed", _I, "Mã hồ sơ không đúng định dạng.", "Malformed dossier number."),
    Fault("procedure_unknown", _I, "Mã thủ tục không có trong danh mục.", "Unknown procedure."),
    Fault("applicant_not_taken", _I, "Cấp trên không nhận đối tượng này.", "Applicant not taken."),
    Fault("dossier_unknown", _I, "Không có hồ sơ mang mã này.", "Unknown dossier."),
    Fault("dossier_archived", _I, "Hồ sơ đã đưa vào kho lưu trữ.", "The dossier is archived."),
    Fault("dossier_erased", _I, "Dữ liệu cá nhân của hồ sơ đã xóa.", "Personal data was erased."),
    Fault("message_dropped", _I, "Thông điệp đã được bỏ, nội dung đã xóa.", "Dropped by a person."),
    Fault("papers_missing", _I, "Chưa quét giấy tờ bổ sung nào.", "No paper was scanned."),
    Fault("calendar_missing", _I, "Chưa có lịch làm việc của năm.", "No calendar for the year."),
    Fault("disk_full", _T, "Máy chủ hết chỗ lưu, chưa tiếp nhận.", "No room left on the disk."),
    Fault("store_away", _T, "Kho dữ liệu chưa sẵn sàng, chưa tiếp nhận.", "Database is away."),
    Fault("acceptance_unknown", _A, "Chưa rõ đã nhận hay chưa, xin gửi lại.", "Stored or not."),
    Fault("content_differs", _I, "Đã nhận nội dung khác cho mã này.", "Told before otherwise."),
    Fault("status_backwards", _I, "Trạng thái hồ sơ không được lùi.", "Status moves backwards."),
    Fault("handler_failed", _P, "Trung tâm lỗi khi xử lý thông điệp.", "Our own handler failed."),
    Fault("handler_killed", _P, "Trung tâm bị ngắt khi xử lý thông điệp.", "It ended our process."),
    # the way to the partner
    Fault("partner_unreachable", _T, "Chưa kết nối được tới đối tác.", "Connection refused."),
    Fault("partner_busy", _T, "Đối tác đang quá tải, hẹn gửi lại.", "Partner answered 429/503."),
    Fault("partner_login", _T, "Chưa đăng nhập được vào đối tác.", "Login failed for now."),
    Fault("partner_session", _H, "Phiên đăng nhập vừa cấp đã mất.", "Logins are lost at once."),
    Fault("certificate_expired", _T, "Chứng thư số của đối tác hết hạn.", "Certificate is over."),
    Fault("certificate_unknown", _T, "Chưa tin chứng thư số của đối tác.", "Not a trusted one."),
    Fault("certificate_name", _T, "Chứng thư số mang tên máy khác.", "Certificate of another."),
    Fault("certificate_refused", _T, "Đối tác chưa chấp nhận chứng thư của ta.", "Ours refused."),
    Fault("tls_outdated", _T, "Đối tác chỉ dùng TLS đã lỗi thời.", "Partner's TLS is too old."),
    Fault("tls_failed", _T, "Không lập được kênh mã hóa với đối tác.", "No encrypted line."),
    Fault("partner_paused", _H, "Đang tạm dừng gửi tới đối tác.", "Sending is paused."),
    Fault("claim_late", _H, "Chưa gửi vì chờ quá lâu, sẽ gửi lại.", "Waited too long."),
    Fault("call_not_begun", _T, "Lỗi của trung tâm trước khi gửi.", "Our fault before sending."),
    Fault("partner_forbidden", _H, "Đối tác không cho phép thao tác.", "Partner denies access."),
    Fault("partner_refused", _P, "Đối tác từ chối nội dung hồ sơ.", "Partner refuses content."),
    Fault("partner_conflict", _P, "Đối tác đã có bản khác của hồ sơ.", "Partner holds another."),
    Fault("reply_timeout", _A, "Đã gửi nhưng chưa có trả lời.", "No reply in time after sending."),
    Fault("reply_dropped", _A, "Mất kết nối sau khi đã gửi.", "Connection lost after sending."),
    Fault("reply_unreadable", _A, "Trả lời của đối tác không đọc được.", "Unreadable reply."),
    Fault("reply_server_error", _A, "Đối tác báo lỗi hệ thống.", "Partner server error."),
    Fault(SAID_TO_EXIST, _A, "Đối tác báo đã có, nhưng tra cứu chưa thấy.", "Exists, not found."),
    Fault("reply_unknown_code", _A, "Mã trả lời chưa biết.", "Reply code without a mapping."),
    Fault("lease_expired", _A, "Tiến trình gửi dừng giữa chừng.", "We stopped while sending."),
    Fault("restored", _A, "Khôi phục từ bản sao lưu, hỏi đối tác trước.", "Restored old copy."),
    Fault("send_crashed", _A, "Lỗi của trung tâm khi đang gửi.", "Our own fault while sending."),
    # our own side of a delivery
    Fault("mapping_missing", _P, "Chưa có bảng mã tương ứng của đối tác.", "No code mapping."),
    Fault("prepare_failed", _P, "Không lập được nội dung gửi đi.", "Request cannot be built."),
    Fault("attempts_exhausted", _P, "Đã hết số lần gửi lại.", "All attempts were used."),
)

FAULTS: dict[str, Fault] = {fault.code: fault for fault in _TABLE}
"""Every fault code the hub itself can raise; docs/runbook has a heading for each."""
if len(FAULTS) != len(_TABLE):
    raise ValueError("a fault code is declared twice")
