"""Why the WS-Security of a call is refused: our code, and the fault code that WS-Security has."""

from hub.gateway.partner_calls.refusals import RefusedCall

FAULT_CODES = {
    "security_header_invalid": "InvalidSecurity",
    "security_unsupported": "UnsupportedSecurityToken",
    "security_algorithm": "UnsupportedAlgorithm",
    "security_failed": "FailedAuthentication",
    "security_replayed": "FailedAuthentication",
    "security_expired": "MessageExpired",
    "security_certificate": "InvalidSecurityToken",
    "signature_wrong": "FailedCheck",
}
"""Each of our codes, and the local name of its fault code in the namespace `WSSE`."""


def refused(code: str, where: str, why: str) -> RefusedCall:
    """Return the refusal of a header or signature; `why` holds no value of the message."""
    return RefusedCall(code, where=f"Header/Security/{where}".rstrip("/"), why=why)
