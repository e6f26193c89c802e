"""How a call to a partner can fail. Three outcomes, not two: no effect, some effect, unknown.

Destinations raise nothing but these. `code` is stable, unique in meaning and has a heading in
docs/runbook; `detail` is the technical cause for operators and never holds personal data.

The first half of the table never leaves a destination: it has the codes of our own contract, by
which the hub refuses a message, a file or a call (`INVALID`), or says that it cannot take one now.
Their HTTP status is in `hub/gateway/partner_calls/refusals.py`. The second half is what became of
calls to partners.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from hub.messages.invalid import InvalidMessage
from hub.texts import Text, both

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


EXISTS_UNSEEN = "lookup_behind"
"""Code of a call that was answered "already exists", while the look-up does not show it."""


class FaultClass(StrEnum):
    """What a failure says about the effect at the partner."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"
    DEFERRED = "deferred"
    """Not tried. Attempts of release 0.2 and before say `held`, see `STORED_DEFERRED`."""
    INVALID = "invalid"


STORED_DEFERRED = frozenset({FaultClass.DEFERRED.value, "held"})
"""Outcomes of attempts that were not made: `held` is how release 0.2 wrote them."""

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
    """One fault code and its usual class."""

    code: str
    fault_class: FaultClass

    @property
    def text(self) -> Text:
        """What it means to an officer, and to an operator."""
        return both(f"faults.{self.code}")


_T, _P, _A, _D, _I = (
    FaultClass.TRANSIENT,
    FaultClass.PERMANENT,
    FaultClass.AMBIGUOUS,
    FaultClass.DEFERRED,
    FaultClass.INVALID,
)

_TABLE = (
    # our own contract
    Fault("json_broken", _I),
    Fault("xml_broken", _I),
    Fault("envelope_invalid", _I),
    Fault("payload_invalid", _I),
    Fault("type_unknown", _I),
    Fault("version_unknown", _I),
    Fault("message_too_large", _I),
    Fault("file_too_large", _I),
    Fault("file_hash_wrong", _I),
    Fault("file_missing", _I),
    Fault("file_type_refused", _I),
    Fault("file_type_differs", _I),
    Fault("file_broken", _I),
    Fault("file_locked", _I),
    Fault("file_active", _I),
    Fault("file_bomb", _I),
    Fault("file_infected", _I),
    Fault("scanner_away", _T),
    Fault("upload_unknown", _I),
    Fault("upload_offset", _I),
    Fault("upload_checksum", _I),
    Fault("upload_taken_over", _I),
    Fault("uploads_exhausted", _I),
    Fault("number_malformed", _I),
    Fault("procedure_unknown", _I),
    Fault("applicant_not_taken", _I),
    Fault("dossier_unknown", _I),
    Fault("dossier_archived", _I),
    Fault("dossier_erased", _I),
    Fault("changes_restarted", _I),
    Fault("webhook_unknown", _I),
    Fault("replay_under_way", _I),
    Fault("message_dropped", _I),
    Fault("papers_missing", _I),
    Fault("calendar_missing", _I),
    Fault("disk_full", _T),
    Fault("store_away", _T),
    Fault("hub_stopping", _T),
    Fault("acceptance_unknown", _A),
    Fault("content_differs", _I),
    Fault("status_backwards", _I),
    Fault("call_invalid", _I),
    Fault("call_in_flight", _I),
    Fault("idempotency_key_reused", _I),
    Fault("media_type_unsupported", _I),
    Fault("header_not_understood", _I),
    Fault("security_header_invalid", _I),
    Fault("security_unsupported", _I),
    Fault("security_algorithm", _I),
    Fault("security_failed", _I),
    Fault("security_replayed", _I),
    Fault("security_expired", _I),
    Fault("security_certificate", _I),
    Fault("signature_wrong", _I),
    Fault("signatures_busy", _T),
    Fault("reply_not_signed", _T),
    Fault("handler_failed", _P),
    Fault("handler_killed", _P),
    # the way to the partner
    Fault("partner_unreachable", _T),
    Fault("partner_busy", _T),
    Fault("partner_login", _T),
    Fault("partner_session", _D),
    Fault("certificate_expired", _T),
    Fault("certificate_unknown", _T),
    Fault("certificate_name", _T),
    Fault("certificate_refused", _T),
    Fault("tls_outdated", _T),
    Fault("tls_failed", _T),
    Fault("webhook_address", _D),
    Fault("webhook_secret", _D),
    Fault("signing_failed", _T),
    Fault("partner_paused", _D),
    Fault("claim_late", _D),
    Fault("call_not_begun", _T),
    Fault("partner_forbidden", _D),
    Fault("partner_refused", _P),
    Fault("partner_conflict", _P),
    Fault("reply_timeout", _A),
    Fault("reply_dropped", _A),
    Fault("reply_unreadable", _A),
    Fault("reply_server_error", _A),
    Fault(EXISTS_UNSEEN, _A),
    Fault("reply_unknown_code", _A),
    Fault("lease_expired", _A),
    Fault("restored", _A),
    Fault("send_crashed", _A),
    # our own side of a delivery
    Fault("mapping_missing", _P),
    Fault("prepare_failed", _P),
    Fault("attempts_exhausted", _P),
)

FAULTS: dict[str, Fault] = {fault.code: fault for fault in _TABLE}
"""Every fault code the hub itself can raise; docs/runbook has a heading for each."""
if len(FAULTS) != len(_TABLE):
    raise ValueError("a fault code is declared twice")
