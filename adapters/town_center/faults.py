"""The town's replies as a table: (HTTP status, reply code) -> what happened.

Failures of the transport are classed by phase where they happen (adapters/wire); here are the
replies that did arrive. A reply that the table does not know leaves the effect unknown: an error
page of a gateway says nothing about what the town behind it did.
"""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from adapters.town_center.contract import Reply, ReplyCode
from hub.rules.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)

ALREADY = "đã tồn tại"
"""Land systems were seen to say it in the text only, with whatever code."""


@dataclass(frozen=True, slots=True)
class Done:
    """The town has the effect; `already` when it had it before this call."""

    already: bool
    detail: str = ""


_FAILURES: dict[int | ReplyCode, tuple[type[DeliveryFailure], str]] = {
    ReplyCode.INVALID: (PermanentFailure, "partner_refused"),
    ReplyCode.UNAUTHORIZED: (TransientFailure, "partner_login"),
    ReplyCode.FORBIDDEN: (PermanentFailure, "partner_forbidden"),
    ReplyCode.NOT_FOUND: (PermanentFailure, "partner_refused"),
    ReplyCode.WRONG_STATE: (PermanentFailure, "partner_refused"),
    ReplyCode.BUSY: (TransientFailure, "partner_busy"),
    ReplyCode.SYSTEM_ERROR: (AmbiguousFailure, "reply_server_error"),
    # where there is no readable code, the status alone
    400: (PermanentFailure, "partner_refused"),
    401: (TransientFailure, "partner_login"),
    403: (PermanentFailure, "partner_forbidden"),
    404: (TransientFailure, "partner_unreachable"),
    409: (PermanentFailure, "partner_refused"),
    413: (PermanentFailure, "partner_refused"),
    415: (PermanentFailure, "partner_refused"),
    422: (PermanentFailure, "partner_refused"),
    429: (TransientFailure, "partner_busy"),
    500: (AmbiguousFailure, "reply_server_error"),
    502: (AmbiguousFailure, "reply_server_error"),
    503: (TransientFailure, "partner_busy"),
    504: (AmbiguousFailure, "reply_server_error"),
}
"""A bare 404 comes from a gateway that has no route (the town itself says code "20"): nothing was
done, and it may be deployed again in an hour."""

_reply = msgspec.json.Decoder(Reply)


def outcome(status: int, body: bytes, *, retry_after: timedelta | None = None) -> Done:
    """Return what a reply to a writing call says; raises DeliveryFailure otherwise."""
    try:
        reply = _reply.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise failure(status, None, retry_after=retry_after) from None
    said = unicodedata.normalize("NFC", reply.status.message)
    if status == 200 and (reply.status.code == ReplyCode.EXISTS or ALREADY in said.casefold()):
        return Done(already=True, detail=reply.status.code)
    if status == 200 and reply.data == 1 and reply.status.success:
        return Done(already=False, detail=reply.status.code)
    raise failure(status, reply.status.code, retry_after=retry_after)


def failure(
    status: int, code: str | None, *, retry_after: timedelta | None = None
) -> DeliveryFailure:
    """Return the failure that (status, reply code) means; `code` None when unreadable."""
    detail = f"HTTP {status}" if code is None else f"HTTP {status}, code {code}"
    known: int | ReplyCode = status
    if code is not None:
        try:
            known = ReplyCode(code)
        except ValueError:
            known = status
    if status == 200 and code is None:
        return AmbiguousFailure("reply_unreadable", detail)
    kind, name = _FAILURES.get(known, (AmbiguousFailure, "reply_unknown_code"))
    return kind(name, detail, retry_after=retry_after)
