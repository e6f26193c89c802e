"""What a person reads of drift: which partner, what changed, and what to do. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from hub.messages.partner_names import names_of
from hub.ports import DriftKind
from hub.records.deadlines.calendar import local
from hub.store.repair import tasks
from hub.store.repair.drift import Key
from hub.store.schema.repair_tables import WARD_IT

KIND = "reply_drift"
SHOWN = 5
"""Places that a task names."""
_WHAT: Mapping[DriftKind, tuple[str, str]] = {
    DriftKind.UNKNOWN_FIELD: ("có phần tử mới", "carry a new field"),
    DriftKind.MISSING_FIELD: ("thiếu phần tử", "lack a field"),
    DriftKind.REPEATED_FIELD: ("có phần tử lặp lại", "repeat a field"),
    DriftKind.OTHER_NAME: ("viết tên phần tử khác", "spell a name in another way"),
    DriftKind.OTHER_ORDER: ("đổi thứ tự phần tử", "have another order"),
    DriftKind.OTHER_TYPE: ("đổi kiểu dữ liệu", "have another type"),
    DriftKind.OTHER_SHAPE: ("đổi cấu trúc", "have another structure"),
    DriftKind.UNKNOWN_VALUE: ("có giá trị ngoài danh mục", "have a value outside its list"),
    DriftKind.BLANKS: ("có khoảng trắng thừa", "have blanks around values"),
    DriftKind.CHARSET: ("khai bảng mã sai hoặc khác UTF-8", "declare a wrong or another encoding"),
    DriftKind.CODING: (
        "nén dữ liệu khi không được yêu cầu",
        "are compressed although nobody asked",
    ),
    DriftKind.PACKAGE: ("gói trong multipart", "come in a multipart package"),
    DriftKind.ENVELOPE: ("dùng phong bì SOAP khác", "have another SOAP envelope"),
    DriftKind.FRAMING: ("có khung HTTP khác thường", "have an unusual HTTP form"),
    DriftKind.MEDIA_TYPE: ("có Content-Type khác hợp đồng", "have another Content-Type"),
    DriftKind.ECHO: ("không trả lại mã yêu cầu", "do not give the request id back"),
    DriftKind.CODE_STATUS: (
        "có mã kết quả đi kèm mã HTTP không thuộc về nó",
        "have a reply code under an HTTP status that is not among its own",
    ),
    DriftKind.CONTRACT: ("theo hợp đồng (WSDL/OpenAPI) đã đổi", "follow a contract that changed"),
}


def subject_of(key: Key) -> str:
    """Return what makes two differences the same news: the kind, and the last name in the place.

    A new element in every reply of a partner is one piece of news.
    """
    return f"{key.kind} {key.place.rpartition('/')[2]}".strip()


def what(kind: str) -> tuple[str, str]:
    """Return what a kind of drift means: "the replies ...", Vietnamese and English."""
    return _WHAT[DriftKind(kind)]


def finding(keys: Sequence[Key], *, since: datetime) -> tasks.Finding:
    """Return the task for differences of one subject."""
    first = keys[0]
    vi, en = what(first.kind)
    who_vi, who_en, _ = names_of(first.partner)
    places = ", ".join(dict.fromkeys(f"{it.operation} {it.place}".strip() for it in keys[:SHOWN]))
    more = f" (+{len(keys) - SHOWN})" if len(keys) > SHOWN else ""
    return tasks.Finding(
        kind=KIND,
        subject=subject_of(first),
        destination=first.partner,
        owner=WARD_IT,
        detail=(
            f"phản hồi của {who_vi} {vi} từ {local(since):%H:%M %d/%m/%Y}: {places}{more}"
            f" · the replies of {who_en} {en}"
        ),
        repair=_repair(first.kind, who_vi, who_en),
    )


def _repair(kind: str, who_vi: str, who_en: str) -> str:
    """Return what a person does about it, Vietnamese and English."""
    if kind == DriftKind.CODE_STATUS:
        return (
            f"Hỏi {who_vi} mã kết quả này đi kèm những mã HTTP nào, thêm vào `statuses` của mã đó"
            " trong cấu hình đối tác hoặc chạy `hub partners rehearse`, rồi `hub tasks done`"
            f" · Ask {who_en} which HTTP statuses the code comes with, add them to its `statuses`"
            " in the profile, or rehearse; then `hub tasks done`"
        )
    return (
        f"Trung tâm vẫn đọc được. Hỏi {who_vi} có phải thay đổi có chủ ý không, ghi lại, rồi"
        " `hub tasks done`; xem tất cả: `hub partners drift`"
        f" · The hub reads it. Ask {who_en} whether it is meant, note the answer, then"
        " `hub tasks done`; see all: `hub partners drift`"
    )
