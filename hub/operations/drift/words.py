"""What a person reads of drift: which partner, what changed, and what to do. Pure."""

from collections.abc import Sequence
from datetime import datetime

from hub.messages.partner_names import names_of
from hub.records.calendar import local
from hub.store import tasks
from hub.store.drift import Key
from hub.store.repair_tables import WARD_IT

KIND = "reply_drift"
SHOWN = 5
"""Places that a task names."""
_WHAT = {
    "unknown_field": ("có phần tử mới", "carry a new field"),
    "missing_field": ("thiếu phần tử", "lack a field"),
    "repeated_field": ("có phần tử lặp lại", "repeat a field"),
    "other_name": ("viết tên phần tử khác", "spell a name in another way"),
    "other_order": ("đổi thứ tự phần tử", "have another order"),
    "other_type": ("đổi kiểu dữ liệu", "have another type"),
    "other_shape": ("đổi cấu trúc", "have another structure"),
    "unknown_value": ("có giá trị ngoài danh mục", "have a value outside its list"),
    "blanks": ("có khoảng trắng thừa", "have blanks around values"),
    "charset": ("khai bảng mã sai hoặc khác UTF-8", "declare a wrong or another encoding"),
    "coding": ("nén dữ liệu khi không được yêu cầu", "are compressed although nobody asked"),
    "package": ("gói trong multipart", "come in a multipart package"),
    "envelope": ("dùng phong bì SOAP khác", "have another SOAP envelope"),
    "framing": ("có khung HTTP khác thường", "have an unusual HTTP form"),
    "echo": ("không trả lại mã yêu cầu", "do not give the request id back"),
    "contract": ("theo hợp đồng (WSDL/OpenAPI) đã đổi", "follow a contract that changed"),
}


def subject_of(key: Key) -> str:
    """Return what makes two differences the same news: the kind, and the last name in the place.

    A new element in every reply of a partner is one piece of news.
    """
    return f"{key.kind} {key.place.rpartition('/')[2]}".strip()


def what(kind: str) -> tuple[str, str]:
    """Return what a kind of drift means: "the replies ...", Vietnamese and English."""
    return _WHAT.get(kind, (f"khác hợp đồng ({kind})", f"differ from the contract ({kind})"))


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
        repair=(
            f"Trung tâm vẫn đọc được. Hỏi {who_vi} có phải thay đổi có chủ ý không, ghi lại, rồi"
            " `hub tasks done`; xem tất cả: `hub partners drift`"
            f" · The hub reads it. Ask {who_en} whether it is meant; see `hub partners drift`"
        ),
    )
