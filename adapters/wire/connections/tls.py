"""TLS to a partner: who is trusted, what is spoken, and why it fails, in words of its own.

Promises that a failure names one of: the certificate is over, signed by somebody unknown, for
another name, our own is missing or refused, TLS that is too old, or another cause with its
technical name. Checking a certificate cannot be turned off.
"""

import socket
import ssl

from urllib3.util.ssl_ import create_urllib3_context

from adapters.wire.profile import Tls
from hub.rules.failures.errors import TransientFailure

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# Of OpenSSL's x509_vfy.h.
_TIME = {9, 10, 13, 14}
"""Not yet valid, over, or with a time that cannot be read."""
_NAME = {62, 63, 64}
"""For another host, mail address or IP address."""
_OUTDATED = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "NO_PROTOCOLS_AVAILABLE",
        "VERSION_TOO_LOW",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
    }
)

_OURS = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        "TLSV1_ALERT_ACCESS_DENIED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }
)
"""What the other side says of our certificate."""


def context_of(tls: Tls) -> ssl.SSLContext:
    """Return how to speak TLS as the profile says; raises OSError for files that cannot be used."""
    context = create_urllib3_context(ssl_minimum_version=_VERSIONS[tls.minimum])
    # The same with every Python: from 3.13 on it refuses certificates of small offices' own
    # authorities for a missing extension. A file may name the partner's own certificate.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    if tls.ca_file:
        context.load_verify_locations(tls.ca_file)
    else:
        context.load_default_certs()
    if tls.client_certificate:
        # A key with a password would be asked for at the terminal.
        context.load_cert_chain(tls.client_certificate, tls.client_key, password=lambda: "")
    return context


def unverified_context() -> ssl.SSLContext:
    """Return how to read a certificate that is not trusted; nothing is sent over such a line."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context.check_hostname = False
    return context


def failure_of(error: ssl.SSLError) -> TransientFailure:
    """Return what a failed handshake means: nothing was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or "not verified"
        if error.verify_code in _TIME:
            return TransientFailure("certificate_expired", why)
        if error.verify_code in _NAME:
            # OpenSSL's sentence repeats the name that was asked for; it is the address.
            return TransientFailure("certificate_name", why)
        return TransientFailure("certificate_unknown", why)
    reason = error.reason or type(error).__name__
    if reason in _OUTDATED:
        return TransientFailure("tls_outdated", reason)
    if reason in _OURS:
        return TransientFailure("certificate_refused", reason)
    return TransientFailure("tls_failed", reason)


def may_refuse_late(sock: socket.socket) -> bool:
    """Tell whether a refusal of our certificate may come in the place of a reply.

    With TLS 1.3 our side of the handshake is over before the server has looked at our certificate.
    The server's program was given nothing then: a certificate that is asked for later
    (post-handshake) is never offered here. With TLS 1.2 a refusal may follow a request that was
    read, so that it proves nothing. To be asked before the read: a refused line has no version.
    """
    return isinstance(sock, ssl.SSLSocket) and sock.version() == "TLSv1.3"


def late_refusal(error: OSError) -> TransientFailure | None:
    """Return what the first read of a fresh line means where it tells of our certificate."""
    if not isinstance(error, ssl.SSLError) or error.reason not in _OURS:
        return None
    return failure_of(error)
