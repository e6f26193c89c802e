"""What the province's replies mean, as tables: reply codes, SOAP faults -> class and code.

What HTTP itself says (statuses, broken lines) is read by the wire's table. What each code means
stands in the province's profile; when a code may be believed is the wire's rule
(`adapters/wire/reading/code_table.py`). Only 0 and 3/-3 were seen in use, the rest is assumed.
"""

from collections.abc import Mapping

from adapters.provincial.others import speak_against
from adapters.provincial.protocol.protocol import Result
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import Reply
from adapters.wire.reading.code_table import FAILURES, CodeTable
from adapters.wire.reading.documents.soap import SoapFault
from adapters.wire.reading.findings import named
from adapters.wire.reading.words import read_words
from adapters.wire.replies import expect_success
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    kept_code,
)

SOAP_FAULTS: Mapping[str, tuple[type[DeliveryFailure], str]] = {
    # The server says that it could not even read the request.
    "Client": (PermanentFailure, "partner_refused"),
    "VersionMismatch": (PermanentFailure, "partner_refused"),
    "MustUnderstand": (PermanentFailure, "partner_refused"),
    "Server": (AmbiguousFailure, "reply_server_error"),
}
FAULT_STATUSES = frozenset({200, 400, 500})
"""What a fault comes with, by SOAP 1.1, SOAP 1.2 and habit; any other status was a gateway's."""
PLACE = "error_code"
NO_SUCH_PROCEDURE = "-5"
"""The province's code for a procedure that it does not have."""


def table_of(profile: Profile) -> CodeTable:
    """Return the codes of a profile."""
    return CodeTable(profile.codes.items())


def meaning(reply: Reply, code: str, message: str, *, table: CodeTable) -> Means:
    """Return what a reply means, or raise the failure that it is.

    `code` is error_code as a text, "" where there is none.
    """
    if not code:
        expect_success(reply)
        raise reply.findings.refuse(PLACE, "missing")
    means = table.classify(reply, code, message, place=PLACE)
    if means is Means.UNKNOWN:
        expect_success(reply)
    if means in FAILURES:
        kind, failure = FAILURES[means]
        kept = kept_code(code)
        raise kind(failure, f"{PLACE} {kept}", partner_code=kept)
    return means


def is_unusual(reply: Reply, result: Result, table: CodeTable) -> bool:
    """Tell whether a code of success has words beside it that nobody knows, and note it.

    Raises AmbiguousFailure where a dossier of the call is said to be refused.
    """
    strange = speak_against(reply, result, table=table)
    return table.is_unusual(reply, result.code, result.message, place="message") or strange


def soap_fault(reply: Reply, fault: SoapFault) -> DeliveryFailure:
    """Return the failure of a SOAP Fault."""
    kind, failure = SOAP_FAULTS.get(fault.code, (AmbiguousFailure, "reply_server_error"))
    detail = f"SOAP fault {named(fault.code)}"
    if kind is not AmbiguousFailure and reply.status not in FAULT_STATUSES:
        # The status says more than the fault does, or nothing is certain.
        try:
            expect_success(reply)
        except DeliveryFailure as said:
            return said
        kind, failure = AmbiguousFailure, "reply_server_error"
    if kind is not AmbiguousFailure and read_words(fault.text).success:
        return reply.findings.refuse("Fault", "a refusal beside words of success")
    return kind(failure, detail)
