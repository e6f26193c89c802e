"""How a call to a partner can fail. Three outcomes, not two: no effect, some effect, unknown.

Destinations raise nothing but these. `code` is stable, unique in meaning and has a heading in
docs/runbook; `detail` is the technical cause for operators and never holds personal data.
Every code stands in the table of `fault_codes.py`.
"""

import hashlib
import re
from datetime import timedelta
from typing import TypeVar

from hub.messages.invalid import InvalidMessage
from hub.rules.failures.fault_codes import (
    CALL_REFUSED,
    EXISTS_UNSEEN,
    FAULTS,
    QUERY_REFUSED,
    STORED_DEFERRED,
    Fault,
    FaultClass,
)

__all__ = [
    "EXISTS_UNSEEN",
    "FAULTS",
    "STORED_DEFERRED",
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

    def as_kind(self, kind: type[Failure], *, code: str = "") -> Failure:
        """Return the same failure as another kind, or as one more of its own to be raised.

        `code`: its code, where that is another one, too.
        """
        same = kind(
            code or self.code,
            self.detail,
            retry_after=self.retry_after,
            partner_code=self.partner_code,
        )
        same.differs, same.response_hash = self.differs, self.response_hash
        return same

    def of_query(self) -> "DeliveryFailure":
        """Return the failure as that of a query: a refusal of it says nothing of what was sent."""
        return self.as_kind(type(self), code=QUERY_REFUSED if self.code == CALL_REFUSED else "")


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
