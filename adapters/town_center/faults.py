"""The town's replies as a table: reply code -> what happened, and else the HTTP status.

Failures of the line are classed by phase where they happen, and statuses without a readable body
are the same for every partner (both in adapters/wire); here is what the town itself says. A code
that the table does not know leaves the effect unknown.
"""

import unicodedata
from dataclasses import dataclass

import msgspec

from adapters.town_center.contract import Reply as TownReply
from adapters.town_center.contract import ReplyCode
from adapters.wire.http import Reply
from adapters.wire.replies import expect_success, retry_after
from hub.rules.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    Held,
    PermanentFailure,
    TransientFailure,
    unknown_code,
)

ALREADY = "đã tồn tại"
"""Land systems were seen to say it in the text only, with whatever code."""

CODES: dict[str, tuple[type[DeliveryFailure], str]] = {
    ReplyCode.INVALID: (PermanentFailure, "partner_refused"),
    ReplyCode.UNAUTHORIZED: (TransientFailure, "partner_login"),
    ReplyCode.FORBIDDEN: (Held, "partner_forbidden"),
    ReplyCode.NOT_FOUND: (PermanentFailure, "partner_refused"),
    ReplyCode.WRONG_STATE: (PermanentFailure, "partner_refused"),
    ReplyCode.SYSTEM_ERROR: (AmbiguousFailure, "reply_server_error"),
    ReplyCode.BUSY: (TransientFailure, "partner_busy"),
}


@dataclass(frozen=True, slots=True)
class Done:
    """The town has the effect; `already` when it had it before this call."""

    already: bool
    code: str
    own_number: str
    """Under which the town keeps the dossier, "" when it does not say."""


_decode = msgspec.json.Decoder(TownReply).decode


def outcome(reply: Reply, number: str = "") -> Done:
    """Return what the reply to a writing call says; raises DeliveryFailure when it is not done.

    `number` is the dossier of the call, "" where it concerned none. A reply that names another
    dossier tells nothing of ours, and one that names none is no proof that ours is done.
    """
    try:
        said = _decode(reply.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise failure(reply, None) from None
    code, text = said.status.code, unicodedata.normalize("NFC", said.status.message)
    if said.number and said.number != number:
        raise AmbiguousFailure("reply_unreadable", "the reply is for another dossier")
    done = _done(reply, said, code, text)
    if done is None:
        raise failure(reply, code)
    if said.number != number:
        raise AmbiguousFailure("reply_unreadable", "the reply names no dossier")
    return done


def _done(reply: Reply, said: TownReply, code: str, text: str) -> Done | None:
    # What is said to exist is compared, so a status of its own for that does no harm.
    if reply.status in (200, 409) and (code == ReplyCode.EXISTS or ALREADY in text.casefold()):
        return Done(already=True, code=code, own_number=said.own_number)
    if reply.status == 200 and said.data == 1 and said.status.success:
        return Done(already=False, code=code, own_number=said.own_number)
    return None


def failure(reply: Reply, code: str | None) -> DeliveryFailure:
    """Return the failure that the reply means; `code` None when its body could not be read."""
    detail = f"HTTP {reply.status}" if code is None else f"HTTP {reply.status}, code {code}"
    if code in CODES:
        kind, name = CODES[code]
        return kind(name, detail, retry_after=retry_after(reply), partner_code=code)
    try:
        expect_success(reply)
    except DeliveryFailure as found:
        return found
    if code is None:
        return AmbiguousFailure("reply_unreadable", detail)
    return unknown_code(code, f"HTTP {reply.status}")


def harmless(found: DeliveryFailure) -> TransientFailure:
    """Return the failure of a call that only reads: it certainly had no effect."""
    return found.as_kind(TransientFailure)
