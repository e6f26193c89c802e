"""TLS to a partner: who is trusted, what is spoken, and why it fails, in words of its own.

Promises that a failure names one of: the certificate is over, signed by somebody unknown, for
another name, TLS that is too old, or another cause with its technical name. Checking a certificate
cannot be turned off.
"""

import ssl

from urllib3.util.ssl_ import create_urllib3_context

from adapters.wire.profile import Tls
from hub.rules.errors import TransientFailure

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
    return TransientFailure("tls_failed", reason)
