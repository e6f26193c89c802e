"""What the message beside a reply code says: success, failure, or neither. Vietnamese and English.

A message may not contradict its code. The rule: words of failure (lỗi, thất bại) speak of failure
unless they are denied (không có lỗi, 0 lỗi); a denial of anything else (không thành công, chưa tiếp
nhận, không tìm thấy) speaks of failure, because what was asked for was a success; a few denials say
nothing (không cần, không thu phí). Words of success that are not denied speak of success. Anything
twisted further (two denials, letters that were lost on the way) counts as contradicting, so that
the partner is asked; asking is never wrong.
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

DENIALS = (
    "không", "chưa", "chẳng", "chả", "đừng", "no", "not", "without", "never", "cannot", "none",
    "nothing", "neither", "non", r"\w+n't",
)  # fmt: skip
FAILURES = (
    "lỗi", "thất bại", "sự cố", "ngoại lệ", "từ chối", "bị chặn", "bị khóa", "bị khoá", "bị hủy",
    "bị huỷ", "hủy bỏ", "huỷ bỏ", "hết hạn", "hết phiên", "quá tải", "gián đoạn", "ngừng",
    "tạm dừng", "thử lại", "sai", "thiếu", "trùng lặp", "bị trùng", "vượt quá", "bị hỏng",
    "bị cấm", r"errors?", r"fail\w*", r"exceptions?", "invalid", r"unsuccess\w*", r"reject\w*",
    r"refus\w*", "denied", "forbidden", r"unauthori[sz]ed", "unable", "unavailable",
    r"time[d ]*out", r"abort\w*", r"cancell?ed", "expired", r"duplicat\w*", "missing", "wrong",
    "bad", "rolled back", "rollback", "incomplete", "retry",
)  # fmt: skip
SUCCESSES = (
    "thành công", "hoàn thành", "hoàn tất",
    r"đã (?:được )?(?:tiếp nhận|nhận|lưu|ghi|cập nhật|thêm|tạo|đồng bộ|đăng ký|xử lý)",
    "ok", "okay", r"success\w*", "succeeded", "done", "completed", "accepted", "created", "saved",
    "updated", "registered",
)  # fmt: skip
_HARMLESS = (
    "cần", "thu phí", "thu lệ phí", "mất phí", "yêu cầu", "phát sinh phí", "có cảnh báo",
    "cảnh báo", r"warnings?", r"need(?:ed)?", "required", "fee", "charge",
)  # fmt: skip
"""What is denied without speaking of a failure."""
_BETWEEN = (
    "có", "còn", "gặp", "bị", "phát sinh", "phát hiện", "xảy ra", "thấy", "ghi nhận", "hề", "một",
    "bất kỳ", "bất cứ", "any", "an", "a", "have", "has", "with", "were", "was", "found", "reported",
)  # fmt: skip
"""What may stand between a denial and the failure that it denies."""
_NOUGHT = r"(?:0+|không(?: có)?|none|no|null|nil|false|n/?a|trống|-)"


SHORT = 40
"""Characters of a message that is kept with what it says: most replies have the same few."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says."""

    success: bool
    failure: bool
    """Failure, or something that nobody can tell."""


def read_words(message: str) -> Words:
    """Return what a message says; an empty one says nothing."""
    text = plain(message)
    return _words(text) if len(text) <= SHORT else _words.__wrapped__(text)


@lru_cache(maxsize=64)
def _words(text: str) -> Words:
    if not text:
        return Words(success=False, failure=False)
    lost = bool(_LOST.search(text))
    rules = _rules(holes=lost, fold=text.isascii() and not lost)
    left = rules.harmless.sub(" ; ", text)
    left = rules.denied_failure.sub(" ; ", rules.nought.sub(" ; ", left))
    failure = bool(rules.failure.search(left) or rules.denial.search(left))
    success = bool(rules.success.search(left)) and not failure
    return Words(success=success, failure=failure or (lost and not success))


def plain(message: str) -> str:
    """Return a message to look words up in: composed, small letters, single blanks.

    Undone are HTML's entities, and UTF-8 that was once read as a one-byte charset.
    """
    return _plain(message) if len(message) <= SHORT else _plain.__wrapped__(message)


@lru_cache(maxsize=64)
def _plain(message: str) -> str:
    text = html.unescape(message)
    for charset in ("cp1252", "latin-1"):
        try:
            text = text.encode(charset).decode()
            break
        except UnicodeError:
            continue
    text = unicodedata.normalize("NFC", text).casefold()
    return " ".join(text.replace("’", "'").split())


def folded(text: str) -> str:
    """Return a text without the marks of its letters, as old programs write Vietnamese."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(it for it in apart if not unicodedata.combining(it))


_LOST = re.compile(r"\w\?\w|\w\?\?|\?\?\?|\ufffd|[ãáäæ][\u0080-\u00bf\u2018-\u2122]")
"""Letters that a narrow column turned into question marks, or a wrong charset into others."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """The lists as patterns."""

    denial: re.Pattern[str]
    failure: re.Pattern[str]
    success: re.Pattern[str]
    harmless: re.Pattern[str]
    denied_failure: re.Pattern[str]
    nought: re.Pattern[str]


@lru_cache(maxsize=4)
def _rules(*, holes: bool, fold: bool) -> _Rules:
    """Return the patterns for texts with lost letters (`holes`) or without marks (`fold`)."""

    def any_of(*words: str) -> str:
        found = "|".join(words)
        if fold:
            found = folded(found)
        if holes:
            found = "".join(it if it.isascii() else f"[{it}?\ufffd]+" for it in found)
        return f"(?:{found})"

    no, wrong = any_of(*DENIALS), any_of(*FAILURES)
    start, end = r"(?<!\w)", r"(?!\w)"
    nothing = any_of("0+", "không(?: có)?", "none", "no", "null", "nil", "false", "n/?a", "trống")
    return _Rules(
        denial=re.compile(f"{start}{no}{end}"),
        failure=re.compile(f"{start}{wrong}{end}"),
        success=re.compile(f"{start}{any_of(*SUCCESSES)}{end}"),
        # "No. 12" and "receipt no: 12" count something.
        harmless=re.compile(f"{start}(?:{no} {any_of(*_HARMLESS)}{end}|no[.:#]? ?[0-9])"),
        denied_failure=re.compile(f"{start}(?:{no}(?: {any_of(*_BETWEEN)})*|0+) {wrong}{end}"),
        nought=re.compile(f"{start}{wrong}{end} ?[:=] ?[\"'(\\[]?{nothing}{end}"),
    )
