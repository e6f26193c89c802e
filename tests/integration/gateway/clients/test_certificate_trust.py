"""Certificates of clients beside their registration: revoked ones, and those known by their names.

Connections are checked through a proxy that hands certificates on; signed calls by themselves.
"""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from hub.gateway.clients.certificate_trust import CertificateTrust, TrustFiles
from hub.rules.clients.certificates import CertificateBinding
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import PROXY_SECRET, Gateway, bearer
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import one, outcome, post, signed
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now

REFUSED = (500, "security_certificate")


class Files:
    """An authority of clients with its files: its own certificate, and its list."""

    def __init__(self, place: Path) -> None:
        self.authority = Authority(place / "authority")
        self.crl = place / "revoked.crl"
        self.crl.write_bytes(self.authority.revoked())
        files = TrustFiles(signers=self.authority.root, revoked=self.crl)
        self.trust = CertificateTrust(files, each=0)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The files of one authority."""
    return Files(tmp_path)


@pytest.fixture
def gateway(tmp_path: Path, files: Files) -> Iterator[PartnerGateway]:
    """The gateway of a hub that trusts the authority."""
    with open_partner_gateway(tmp_path, trust=files.trust) as opened:
        yield opened


def call(gateway: PartnerGateway, pair: Pair) -> tuple[int, str]:
    """Return the outcome of a call that a certificate signs."""
    return outcome(post(gateway.url, etree.tostring(signed(pair))))


def test_a_certificate_that_is_known_by_its_names_signs_where_its_authority_is_named(
    gateway: PartnerGateway, files: Files, tmp_path: Path
) -> None:
    """Any later one of the same names, too; not one that another authority made of them."""
    first = files.authority.pair("named")
    binding = CertificateBinding.NAMES
    add_certificate_client(gateway.ward.store, first, "named", binding=binding, now=now())
    assert call(gateway, first) == (200, "")
    assert call(gateway, files.authority.pair("named")) == (200, "")
    forged = Authority(tmp_path / "forged").pair("named")
    assert call(gateway, forged) == REFUSED
    assert call(gateway, files.authority.pair("other")) == REFUSED
    root = signed(first)
    over = files.authority.pair("named", ends=timedelta(seconds=-1))
    one(root, "BinarySecurityToken").text = base64.b64encode(over.der).decode()
    assert outcome(post(gateway.url, etree.tostring(root))) == REFUSED


def test_a_client_does_not_sign_as_an_authority(
    gateway: PartnerGateway, files: Files, tmp_path: Path
) -> None:
    """Only a certificate of an authority signs others, also where the file names it."""
    client = files.authority.pair("client")
    trust = CertificateTrust(TrustFiles(signers=client.certificate))
    made = Authority(tmp_path / "made", "client")
    assert not trust.has_signer(made.pair("x").der, now=now())
    assert files.trust.has_signer(client.der, now=now())
    later = now() + timedelta(days=366)
    assert not files.trust.has_signer(client.der, now=later)
    assert not files.trust.has_signer(b"nothing", now=now())
    del gateway


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_a_revoked_certificate_signs_nothing_any_more(
    gateway: PartnerGateway, files: Files, form: str
) -> None:
    """Without a restart, also one that is registered by its key; others go on."""
    lost, kept = files.authority.pair("lost"), files.authority.pair("kept")
    for pair in (lost, kept):
        add_certificate_client(gateway.ward.store, pair, pair.certificate.stem, now=now())
    assert [call(gateway, pair) for pair in (lost, kept)] == [(200, ""), (200, "")]
    data = files.authority.revoked(lost)
    files.crl.write_bytes(data if form == "DER" else pem(data) + pem(files.authority.revoked()))
    assert [call(gateway, pair) for pair in (lost, kept)] == [REFUSED, (200, "")]


def test_a_list_that_cannot_be_used_or_is_over_leaves_the_revoked_ones_out(
    gateway: PartnerGateway, files: Files, tmp_path: Path
) -> None:
    """Half a file, a strange or partial list changes nothing; one that is over still counts."""
    lost, kept = files.authority.pair("lost"), files.authority.pair("kept")
    for pair in (lost, kept):
        add_certificate_client(gateway.ward.store, pair, pair.certificate.stem, now=now())
    files.crl.write_bytes(files.authority.revoked(lost, ends=timedelta(seconds=-1)))
    expected = [REFUSED, (200, "")]
    assert [call(gateway, pair) for pair in (lost, kept)] == expected
    for data in (
        files.authority.revoked()[:100],
        Authority(tmp_path / "strange").revoked(kept),
        files.authority.revoked(kept, is_partial=True),
        b"",
    ):
        files.crl.write_bytes(data)
        assert [call(gateway, pair) for pair in (lost, kept)] == expected


def test_a_revoked_certificate_is_refused(
    tmp_path: Path, sqlite_store: Store, files: Files
) -> None:
    """By REST, and with the token that was given for it; the proxy has not looked at the list."""
    gateway = Gateway(tmp_path, sqlite_store, trust=files.trust)
    try:
        pair = files.authority.pair("portal")
        add_certificate_client(gateway.store, pair, now=now())
        shown = {
            "X-Hub-Proxy-Secret": PROXY_SECRET,
            "Client-Cert": f":{base64.b64encode(pair.der).decode()}:",
        }
        assert gateway.post(shown)[0] == 202
        files.crl.write_bytes(files.authority.revoked(pair))
        gateway.ahead = timedelta(seconds=2)  # a process remembers a client for one
        status, told, _ = gateway.post(shown)
        assert (status, told["code"]) == (401, "token")
        assert gateway.post(shown | bearer("hubt_" + "a" * 52))[0] == 401
    finally:
        gateway.stop()


def pem(der: bytes) -> bytes:
    """Return a list in its PEM form."""
    text = base64.encodebytes(der)
    return b"-----BEGIN X509 CRL-----\n" + text + b"-----END X509 CRL-----\n"
