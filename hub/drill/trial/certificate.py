"""A certificate for this machine only, with which the drill's gateway speaks TLS.

It signs itself. The authorities of clients begin with it alone: a client that shows a certificate
of its own adds it to that file, see the partner guide.
"""

import ipaddress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hub.drill.sandbox import loopback
from hub.drill.sandbox.files import write_private

_LASTS = timedelta(days=3650)


def make(directory: Path, *, now: datetime) -> None:
    """Write `hub.pem`, `hub-key.pem` and `clients-ca.pem` unless they are there."""
    if (directory / "hub.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, loopback.HOST)])
    here = [x509.IPAddress(ipaddress.ip_address(loopback.HOST)), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LASTS)
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM).decode()
    write_private(directory / "hub-key.pem", private.decode())
    write_private(directory / "clients-ca.pem", public)
    write_private(directory / "hub.pem", public)  # the last one: it says that all are there
