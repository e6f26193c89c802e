"""Lists of revoked certificates (CRL, RFC 5280): read, and asked whether a certificate is on one.

Whole lists of the authorities themselves only. A list of another issuer's certificates, or of
changes to a list, is refused, because its entries mean something else. So is a list for some
reasons or for one distribution point: the rest of the revoked certificates stands elsewhere.
Nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hub.rules.clients.certificates import ClientCertificate, ComparableName, comparable

if TYPE_CHECKING:
    from cryptography import x509

_BEGIN = b"-----BEGIN X509 CRL-----"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list."""

    issuer: ComparableName
    """The authority's name."""
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
        if isinstance(value, x509.IssuingDistributionPoint):
            is_other = _is_partial(value)
        else:
            is_other = extension.critical
        if is_other:
            why = "only whole lists are read, none for some reasons or a distribution point"
            raise ValueError(f"a CRL of another kind: {why}")
    issuer = comparable(found.issuer)
    signers = [it for it in authorities if comparable(it.subject) == issuer]
    if not any(_has_signed(it, found) for it in signers):
        raise ValueError("a CRL that none of the authorities has signed")
    return RevocationList(
        issuer,
        frozenset(entry.serial_number for entry in found),
        found.next_update_utc,
    )


def _is_partial(scope: "x509.IssuingDistributionPoint") -> bool:
    """Return whether revoked certificates of clients may stand in another list.

    RFC 5280, 5.2.5: only a list without a distribution point has to hold all of them.
    """
    return bool(
        scope.indirect_crl
        or scope.only_contains_attribute_certs
        or scope.only_contains_ca_certs
        or scope.only_some_reasons
        or scope.full_name
        or scope.relative_name
    )


def _has_signed(authority: "x509.Certificate", found: "x509.CertificateRevocationList") -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return found.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):  # a key that signs no lists
        return False
