"""How a client's certificate is known again: by its public key, or by its names. Pure.

By the public key: a certificate that was renewed for the same key is still the client's, also when
another authority signed it. By the names (subject and issuer): any later certificate of that
authority for that subject is the client's; so it counts only where its signature was checked.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

ComparableName = tuple[frozenset[tuple[str, str | bytes]], ...]
"""A name of a certificate: the same for two programs that write it in two ways."""


class CertificateBinding(StrEnum):
    """What of a certificate is registered."""

    PUBLIC_KEY = "public-key"
    NAMES = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A certificate as far as the hub reads it."""

    whole: str
    """sha256 of its DER form, hexadecimal; registered so before there were bindings."""
    public_key: str
    """sha256 of its SubjectPublicKeyInfo."""
    names: str
    """sha256 of its subject and issuer."""
    issuer: ComparableName
    """The name of the authority that signed it."""
    serial: int
    not_before: datetime
    not_after: datetime

    def digest(self, binding: CertificateBinding) -> str:
        """Return what is kept of the certificate."""
        names = binding is CertificateBinding.NAMES
        return f"{binding}:{self.names if names else self.public_key}"

    def digests(self, *, verified: bool) -> Sequence[str]:
        """Return by what it may be registered, the most exact first."""
        found = [self.whole, self.digest(CertificateBinding.PUBLIC_KEY)]
        return [*found, self.digest(CertificateBinding.NAMES)] if verified else found


def read(der: bytes) -> ClientCertificate | None:
    """Return a certificate of its DER form, None for bytes that are none."""
    from cryptography import x509  # only who is shown a certificate pays for it
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        found = x509.load_der_x509_certificate(der)
        key = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        names = found.subject.public_bytes() + found.issuer.public_bytes()
        issuer = comparable(found.issuer)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return ClientCertificate(
        whole=hashlib.sha256(der).hexdigest(),
        public_key=hashlib.sha256(key).hexdigest(),
        names=hashlib.sha256(names).hexdigest(),
        issuer=issuer,
        serial=found.serial_number,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


def comparable(name: "x509.Name") -> ComparableName:
    """Return a name without its string types, upper case and further spaces (RFC 5280, 7.1).

    An authority's own certificate, what it signs and its lists may differ in these.
    """
    return tuple(
        frozenset((it.oid.dotted_string, _comparable_value(it.value)) for it in part)
        for part in name.rdns
    )


def _comparable_value(value: str | bytes) -> str | bytes:
    if isinstance(value, bytes):
        return value
    return " ".join(value.casefold().split())
