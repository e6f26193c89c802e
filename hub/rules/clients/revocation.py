"""Lists of revoked certificates (CRL, RFC 5280): read, and asked whether a certificate is on one.

Whole lists of the authorities themselves only: a list of another issuer's certificates, or of
changes to a list, is refused, because its entries mean something else. Nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hub.rules.clients.certificates import ClientCertificate

if TYPE_CHECKING:
    from cryptography import x509

_BEGIN = b"-----BEGIN X509 CRL-----"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list."""

    issuer: bytes
    """DER form of the authority's name."""
    serials: frozenset[int]
    next_update: datetime | None
    """When its authority has published the next one, None where the list does not say."""

    def names(self, certificate: ClientCertificate) -> bool:
        """Return whether a certificate is revoked; also by a list that is over."""
        return certificate.issuer == self.issuer and certificate.serial in self.serials


def ends_of(lists: Sequence[RevocationList]) -> datetime | None:
    """Return when the first of some lists is over, None where none says."""
    return min((it.next_update for it in lists if it.next_update), default=None)


def read(data: bytes, authorities: "Sequence[x509.Certificate]") -> list[RevocationList]:
    """Return the lists of a file: one in DER, or some in PEM. Raises ValueError.

    Each must be signed by one of the authorities.
    """
    from cryptography import x509

    if _BEGIN in data:
        parts = [_BEGIN + part for part in data.split(_BEGIN)[1:]]
        found = [x509.load_pem_x509_crl(part) for part in parts]
    else:
        found = [x509.load_der_x509_crl(data)]
    return [_checked(it, authorities) for it in found]


def _checked(
    found: "x509.CertificateRevocationList", authorities: "Sequence[x509.Certificate]"
) -> RevocationList:
    from cryptography import x509

    for extension in found.extensions:
        value = extension.value
        partial = isinstance(value, x509.IssuingDistributionPoint) and (
            value.indirect_crl
            or value.only_contains_attribute_certs
            or value.only_contains_ca_certs
        )
        unknown = extension.critical and not isinstance(value, x509.IssuingDistributionPoint)
        if partial or unknown:
            raise ValueError("a CRL of another kind: only whole lists of an authority are read")
    signers = [it for it in authorities if it.subject == found.issuer]
    if not any(_has_signed(it, found) for it in signers):
        raise ValueError("a CRL that none of the authorities has signed")
    return RevocationList(
        found.issuer.public_bytes(),
        frozenset(entry.serial_number for entry in found),
        found.next_update_utc,
    )


def _has_signed(authority: "x509.Certificate", found: "x509.CertificateRevocationList") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return found.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):  # a key that signs no lists
        return False
