"""Certificates made for tests: an authority, and what it signs, good, over, or for another name."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def der(self) -> bytes:
        """The certificate in its DER form."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())


class Authority:
    """Signs certificates; its own is in `root`."""

    def __init__(self, place: Path, name: str = "Authority for tests") -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        ends = timedelta(days=365)
        self._certificate = self._signed(self._name, self._key, authority=True, ends=ends)
        self.root = _write(place / "root.pem", self._certificate)

    def pair(
        self,
        label: str,
        *,
        host: str = "127.0.0.1",
        ends: timedelta = timedelta(days=2),
        key_of: Pair | None = None,
        key: PrivateKey | None = None,
    ) -> Pair:
        """Return a certificate for `host` that ends in `ends`, and its key: new, or another's."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        if key_of is not None:
            key = _key_in(key_of.key)
        signed = self._signed(_name(label), key, host=host, ends=ends)
        path = self.place / f"{label}-key.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Pair(_write(self.place / f"{label}.pem", signed), path)

    def revoked(
        self, *pairs: Pair, ends: timedelta = timedelta(days=7), is_partial: bool = False
    ) -> bytes:
        """Return the list of revoked certificates, in DER form, that is good for `ends`."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(now - timedelta(days=9))
            .next_update(now + ends)
        )
        if is_partial:
            made = made.add_extension(x509.DeltaCRLIndicator(1), critical=True)
        for pair in pairs:
            serial = x509.load_der_x509_certificate(pair.der).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            made = made.add_revoked_certificate(entry.build())
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _signed(
        self,
        subject: x509.Name,
        key: PrivateKey,
        *,
        host: str = "",
        ends: timedelta = timedelta(days=2),
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if host:
            made = made.add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
        return made.sign(self._key, hashes.SHA256())


def _key_in(file: Path) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
