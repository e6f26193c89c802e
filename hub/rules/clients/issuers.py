"""Whether an authority that is named by a person has signed a certificate. Pure.

Each certificate of the file is trusted for itself, as the authority of what it signed: no path is
built, and no certificate that a caller sends along counts. So an intermediate authority stands in
the file, too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


def read(data: bytes) -> "list[x509.Certificate]":
    """Return the authorities of a PEM file; raises ValueError, also for a file without any."""
    from cryptography import x509

    return x509.load_pem_x509_certificates(data)


def has_signed(authorities: "Sequence[x509.Certificate]", der: bytes, *, now: datetime) -> bool:
    """Return whether one of the authorities has signed a certificate that may sign calls.

    The times of the certificate itself are its caller's to check.
    """
    from cryptography import x509

    try:
        shown = x509.load_der_x509_certificate(der)
        signs = _may_sign(shown)
    except ValueError:
        return False
    return signs and any(_signed_by(shown, it, now) for it in authorities)


def _signed_by(shown: "x509.Certificate", authority: "x509.Certificate", now: datetime) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if not authority.not_valid_before_utc <= now < authority.not_valid_after_utc:
        return False
    try:
        if not _is_authority(authority):
            return False
        shown.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: "x509.Certificate") -> bool:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return basic.ca and (usage is None or usage.key_cert_sign)


def _may_sign(certificate: "x509.Certificate") -> bool:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment
