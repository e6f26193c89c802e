"""Lists of revoked certificates: which are read, and which certificates they name. Pure."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from hub.rules.clients import certificates, revocation

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
REVOKED, OTHER = 17, 18
"""Serial numbers."""
PRINTABLE = _ASN1Type.PrintableString


def name(common: str, kind: _ASN1Type | None = None) -> x509.Name:
    """Return a name with a string of a kind; UTF8String without."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common, kind)])


def certificate(issuer: x509.Name, subject: x509.Name, serial: int = 1) -> x509.Certificate:
    """Return a certificate that the authority's key signs."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(KEY, hashes.SHA256())
    )


def shown(issuer: x509.Name, serial: int) -> certificates.ClientCertificate:
    """Return a client's certificate as the hub reads it."""
    made = certificate(issuer, name("client"), serial)
    found = certificates.read(made.public_bytes(serialization.Encoding.DER))
    assert found is not None
    return found


def revoked(issuer: x509.Name, scope: x509.IssuingDistributionPoint | None = None) -> bytes:
    """Return the list with one revoked certificate."""
    entry = x509.RevokedCertificateBuilder().serial_number(REVOKED).revocation_date(NOW)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=7))
        .add_revoked_certificate(entry.build())
    )
    if scope is not None:
        made = made.add_extension(scope, critical=True)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def scope(
    *,
    full_name: list[x509.GeneralName] | None = None,
    relative_name: x509.RelativeDistinguishedName | None = None,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    users: bool = False,
) -> x509.IssuingDistributionPoint:
    """Return what a list says of its own scope."""
    return x509.IssuingDistributionPoint(
        full_name=full_name,
        relative_name=relative_name,
        only_contains_user_certs=users,
        only_contains_ca_certs=False,
        only_some_reasons=reasons,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


@pytest.mark.parametrize(
    "part",
    [
        scope(reasons=frozenset({x509.ReasonFlags.key_compromise})),
        scope(full_name=[x509.UniformResourceIdentifier("http://authority.invalid/2.crl")]),
        scope(
            relative_name=x509.RelativeDistinguishedName(
                [x509.NameAttribute(NameOID.COMMON_NAME, "part 2")]
            )
        ),
    ],
    ids=["reasons", "full name", "relative name"],
)
def test_a_list_that_may_be_a_part_is_refused(part: x509.IssuingDistributionPoint) -> None:
    """A certificate that was revoked for another reason, or is in another part, is not on it."""
    issuer = name("Authority")
    with pytest.raises(ValueError, match="only whole lists"):
        revocation.read(revoked(issuer, part), [certificate(issuer, issuer)])


def test_a_list_of_all_certificates_of_users_is_whole() -> None:
    """Clients have no others."""
    issuer = name("Authority")
    (found,) = revocation.read(revoked(issuer, scope(users=True)), [certificate(issuer, issuer)])
    assert found.names(shown(issuer, REVOKED))


@pytest.mark.parametrize(
    ("of_list", "of_client"),
    [
        (name("Authority of the Ward", PRINTABLE), name("Authority of the Ward")),
        (name("Authority of the Ward"), name("Authority of the Ward", PRINTABLE)),
        (name("AUTHORITY  of the ward"), name("Authority of the Ward")),
    ],
    ids=["list printable", "client printable", "upper case and spaces"],
)
def test_a_revoked_certificate_is_found_where_names_are_written_in_two_ways(
    of_list: x509.Name, of_client: x509.Name
) -> None:
    """The string type of a name is a matter of the program that wrote it."""
    authority = certificate(name("Authority of the Ward"), name("Authority of the Ward"))
    assert of_list.public_bytes() != of_client.public_bytes()
    (found,) = revocation.read(revoked(of_list), [authority])
    assert found.names(shown(of_client, REVOKED))
    assert not found.names(shown(of_client, OTHER))
    assert not found.names(shown(name("Another"), REVOKED))
