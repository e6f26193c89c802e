"""What the province's replies mean, as tables: reply codes, SOAP faults -> class and code.

What HTTP itself says (statuses, broken lines) is read by the wire's table before. Codes come as
0, "0" and "00" and mean the same; a known code with words that contradict it is an unknown reply.
Only 0 and 3/-3 were seen in use, the rest is the assumption of `schemas/provincial`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.rules.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    Held,
    PermanentFailure,
    TransientFailure,
    unknown_code,
)


class Meaning(StrEnum):
    """What a reply says that is not simply a failure."""

    DONE = "done"
    ALREADY = "already"
    NOT_THERE = "not_there"
    SESSION_OVER = "session_over"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of reply: its code, words that it must and must not contain, what it means."""

    code: int
    means: Meaning | tuple[type[DeliveryFailure], str]
    words: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


REPLIES: tuple[Row, ...] = (
    # "thành công" also stands in "không thành công".
    Row(0, Meaning.DONE, never=("không thành công", "thất bại", "lỗi")),
    Row(3, Meaning.ALREADY, words=("đã tồn tại",)),
    Row(-3, Meaning.ALREADY, words=("đã tồn tại",)),
    # What makes us send again must be said in words too: a code alone may mean anything.
    Row(-1, Meaning.SESSION_OVER, words=("phiên",)),
    Row(-1, Meaning.SESSION_OVER, words=("session",)),
    Row(-2, Meaning.NOT_THERE, words=("không tồn tại",)),
    Row(-2, Meaning.NOT_THERE, words=("không tìm thấy",)),
    Row(-4, (PermanentFailure, "partner_refused")),
    Row(-5, (PermanentFailure, "partner_refused")),
    Row(-6, (Held, "partner_forbidden")),
    Row(-7, (Held, "partner_forbidden")),
    Row(-8, (TransientFailure, "partner_busy"), words=("bận",)),
    Row(-8, (TransientFailure, "partner_busy"), words=("quá tải",)),
    Row(-9, (AmbiguousFailure, "reply_server_error")),
)

SOAP_FAULTS: Mapping[str, tuple[type[DeliveryFailure], str]] = {
    # The server says that it could not even read the request.
    "Client": (PermanentFailure, "partner_refused"),
    "VersionMismatch": (PermanentFailure, "partner_refused"),
    "MustUnderstand": (PermanentFailure, "partner_refused"),
    "Server": (AmbiguousFailure, "reply_server_error"),
}


NO_SUCH_PROCEDURE = "-5"
"""The province's code for a procedure that it does not have."""


def reply_code(value: object) -> int:
    """Return error_code as a number; raises AmbiguousFailure `reply_unreadable`."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise AmbiguousFailure("reply_unreadable", "error_code is missing")
    try:
        return int(value)
    except ValueError:
        raise AmbiguousFailure("reply_unreadable", "error_code is not a number") from None


def meaning(code: int, message: str) -> Meaning:
    """Return what a reply means, or raise the failure that it is.

    Raises AmbiguousFailure `reply_unknown_code` for what no row describes.
    """
    said = unicodedata.normalize("NFC", message).casefold()
    for row in REPLIES:
        if row.code != code or not all(word in said for word in row.words):
            continue
        if any(word in said for word in row.never):
            continue
        if isinstance(row.means, Meaning):
            return row.means
        kind, failure = row.means
        raise kind(failure, f"error_code {code}", partner_code=str(code))
    raise unknown_code(code, "error_code")


def soap_fault(fault_code: str) -> DeliveryFailure:
    """Return the failure of a SOAP Fault by its faultcode, with or without prefix or detail."""
    name = fault_code.rpartition(":")[2].partition(".")[0].strip()
    kind, failure = SOAP_FAULTS.get(name, (AmbiguousFailure, "reply_server_error"))
    return kind(failure, f"SOAP fault {name[:40]}")
