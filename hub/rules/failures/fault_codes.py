"""The one table of fault and refusal codes: class, who acts, HTTP status.

A code is declared by its row here, and by two entries of `hub/texts/faults.toml`: its sentence, and
what is to be done about it (`_to_do`). The command `hub faults`, the runbook's page, `/v1/faults`
and every refusal of the gateway are made of these.

The first part of the table never leaves a destination: by these codes the hub refuses a message, a
file or a call, or answers that it cannot take one now. The second part is what became of calls to
partners; it has no HTTP status. By the third the gateway turns a caller away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hub.messages.partners import PARTNERS, TOWN_CENTER
from hub.rules.owners import CLERK, WARD_IT
from hub.texts import Text, both

EXISTS_UNSEEN = "lookup_behind"
"""Code of a call that was answered "already exists", while the look-up does not show it."""
CALL_REFUSED, QUERY_REFUSED = "partner_refused", "query_refused"
"""Codes of a refusal: of what was sent, and of a query about that."""


class FaultClass(StrEnum):
    """What a failure says about the effect at the partner."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"
    DEFERRED = "deferred"
    """Not tried. Attempts of release 0.2 and before say `held`, see `STORED_DEFERRED`."""
    INVALID = "invalid"
    REFUSED = "refused"
    """The gateway turns a caller away; no message has it."""


STORED_DEFERRED = frozenset({FaultClass.DEFERRED.value, "held"})
"""Outcomes of attempts that were not made: `held` is how release 0.2 wrote them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One code, with its usual class."""

    code: str
    fault_class: FaultClass
    who: tuple[str, ...]
    """Who acts on it, of `OWNERS`."""
    status: int = 0
    """HTTP status of a refusal; 0 for a code that is no answer. A place may need another one."""

    @property
    def text(self) -> Text:
        """What it means to an officer, and to an operator."""
        return both(f"faults.{self.code}")

    @property
    def to_do(self) -> Text:
        """What is to be done about it."""
        return both(f"faults.{self.code}_to_do")

    @property
    def guide(self) -> str:
        """The path at which the gateway says what is to be done about it."""
        return f"/v1/faults/{self.code}"


_T, _P, _A, _D, _I, _R = (
    FaultClass.TRANSIENT,
    FaultClass.PERMANENT,
    FaultClass.AMBIGUOUS,
    FaultClass.DEFERRED,
    FaultClass.INVALID,
    FaultClass.REFUSED,
)
_CLERK, _IT, _TOWN = (CLERK,), (WARD_IT,), PARTNERS[TOWN_CENTER].short
_PARTNERS = tuple(partner.short for partner in PARTNERS.values())
_IT_AND_PARTNERS = (WARD_IT, *_PARTNERS)

_TABLE = (
    # our own contract
    Fault("json_broken", _I, _IT, 400),
    Fault("xml_broken", _I, _IT, 400),
    Fault("envelope_invalid", _I, _IT, 422),
    Fault("payload_invalid", _I, _IT, 422),
    Fault("type_unknown", _I, _IT, 422),
    Fault("version_unknown", _I, _IT, 422),
    Fault("message_too_large", _I, _IT, 413),
    Fault("file_too_large", _I, _CLERK, 413),
    Fault("file_hash_wrong", _I, (WARD_IT, _TOWN), 422),
    Fault("file_missing", _I, _IT, 422),
    Fault("file_type_refused", _I, _CLERK, 415),
    Fault("file_type_differs", _I, _CLERK, 422),
    Fault("file_broken", _I, _CLERK, 422),
    Fault("file_locked", _I, _CLERK, 422),
    Fault("file_active", _I, _CLERK, 422),
    Fault("file_bomb", _I, _IT, 422),
    Fault("file_infected", _I, _IT, 422),
    Fault("scanner_away", _T, _IT, 503),
    Fault("upload_unknown", _I, _IT, 404),
    Fault("upload_offset", _I, _IT, 409),
    Fault("upload_checksum", _I, _IT, 460),
    Fault("upload_taken_over", _I, _IT, 409),
    Fault("uploads_exhausted", _I, _IT, 429),
    Fault("number_malformed", _I, _CLERK, 422),
    Fault("pages_unread", _I, _CLERK, 422),
    Fault("procedure_unknown", _I, _IT, 422),
    Fault("applicant_not_taken", _I, _CLERK, 422),
    Fault("dossier_unknown", _I, _CLERK, 404),
    Fault("dossier_archived", _I, _IT, 410),
    Fault("dossier_erased", _I, _CLERK, 410),
    Fault("changes_restarted", _I, _IT, 410),
    Fault("webhook_unknown", _I, _IT, 404),
    Fault("replay_under_way", _I, _IT, 409),
    Fault("message_dropped", _I, _IT, 422),
    Fault("papers_missing", _I, _CLERK, 422),
    Fault("calendar_missing", _I, _IT, 422),
    Fault("disk_full", _T, _IT, 507),
    Fault("store_away", _T, _IT, 503),
    Fault("hub_stopping", _T, _IT, 503),
    Fault("acceptance_unknown", _A, _IT, 503),
    Fault("content_differs", _I, _CLERK, 409),
    Fault("agent_copied", _I, _IT, 409),
    Fault("status_backwards", _I, _CLERK, 422),
    Fault("call_invalid", _I, _IT, 422),
    Fault("call_in_flight", _I, _IT, 409),
    Fault("idempotency_key_reused", _I, _IT, 422),
    Fault("media_type_unsupported", _I, _IT, 415),
    Fault("header_not_understood", _I, _IT, 422),
    Fault("security_header_invalid", _I, _IT, 400),
    Fault("security_unsupported", _I, _IT, 400),
    Fault("security_algorithm", _I, _IT, 400),
    Fault("security_failed", _I, _IT, 400),
    Fault("security_replayed", _I, _IT, 400),
    Fault("security_expired", _I, _IT, 400),
    Fault("security_certificate", _I, _IT, 400),
    Fault("signature_wrong", _I, _IT, 400),
    Fault("signatures_busy", _T, _IT, 503),
    Fault("reply_not_signed", _T, _IT, 503),
    Fault("handler_failed", _P, _IT),
    Fault("handler_killed", _P, _IT),
    # the way to the partner
    Fault("partner_unreachable", _T, _PARTNERS),
    Fault("partner_busy", _T, _PARTNERS),
    Fault("partner_login", _T, _IT_AND_PARTNERS),
    Fault("partner_session", _D, _IT_AND_PARTNERS),
    Fault("certificate_expired", _T, _PARTNERS),
    Fault("certificate_unknown", _T, _IT_AND_PARTNERS),
    Fault("certificate_name", _T, _IT_AND_PARTNERS),
    Fault("certificate_refused", _T, _IT_AND_PARTNERS),
    Fault("tls_outdated", _T, _PARTNERS),
    Fault("tls_failed", _T, _IT_AND_PARTNERS),
    Fault("webhook_address", _D, _IT),
    Fault("webhook_secret", _D, _IT),
    Fault("signing_failed", _T, _IT),
    Fault("partner_paused", _D, _IT),
    Fault("claim_late", _D, _IT),
    Fault("call_not_begun", _T, _IT),
    Fault("partner_forbidden", _D, _IT_AND_PARTNERS),
    Fault(CALL_REFUSED, _P, (CLERK, *_PARTNERS)),
    Fault("partner_conflict", _P, (CLERK, *_PARTNERS)),
    Fault("reply_timeout", _A, _PARTNERS),
    Fault("reply_dropped", _A, _PARTNERS),
    Fault("reply_unreadable", _A, _IT_AND_PARTNERS),
    Fault("reply_server_error", _A, _PARTNERS),
    Fault(EXISTS_UNSEEN, _A, _IT_AND_PARTNERS),
    Fault(QUERY_REFUSED, _A, _IT_AND_PARTNERS),
    Fault("reply_unknown_code", _A, _IT),
    # the printers of the counter
    Fault("printer_not_ready", _D, _CLERK),
    Fault("printer_unknown", _P, _IT),
    Fault("print_unfinished", _A, _CLERK),
    Fault("print_ended", _P, _CLERK),
    Fault("lease_expired", _A, _IT),
    Fault("restored", _A, _IT),
    Fault("send_crashed", _A, _IT),
    # our own side of a delivery
    Fault("mapping_missing", _P, _IT),
    Fault("prepare_failed", _P, _IT),
    Fault("attempts_exhausted", _P, _IT),
    # the gateway turns a caller away
    Fault("token", _R, _IT, 401),
    Fault("address_forbidden", _R, _IT, 403),
    Fault("operation_forbidden", _R, _IT, 403),
    Fault("agency_forbidden", _R, _IT, 403),
    Fault("calls_exhausted", _R, _IT, 429),
    Fault("calls_at_once", _R, _IT, 429),
    Fault("signature_required", _R, _IT, 403),
    Fault("header_too_large", _R, _IT, 431),
    Fault("target_too_long", _R, _IT, 414),
    Fault("target_ambiguous", _R, _IT, 400),
    Fault("content_coded", _R, _IT, 415),
    Fault("request_malformed", _R, _IT, 400),
    Fault("request_slow", _R, _IT, 408),
    Fault("connections_full", _R, _IT, 503),
    Fault("path_unknown", _R, _IT, 404),
    Fault("method_unknown", _R, _IT, 405),
    Fault("code_unknown", _R, _IT, 404),
)

FAULTS: Mapping[str, Fault] = {fault.code: fault for fault in _TABLE}
"""Every code of the hub itself; docs/runbook has a heading for each."""
if len(FAULTS) != len(_TABLE):
    raise ValueError("a fault code is declared twice")
