"""Signatures and UsernameTokens by others' hands: xmlsec1, zeep, soapbar agree with the hub."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import zeep
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from soapbar import SoapClient, SoapFault
from soapbar.core.wssecurity import UsernameTokenCredential
from zeep.wsse.username import UsernameToken

from adapters.wire.ws_security import DS, WSSE, WSU, EnvelopeSecurity, SecuritySettings
from hub.rules.clients.api_keys import ApiKey
from tests.foreign.programs import xmlsec
from tests.integration.gateway.soap.test_signed_mtom import taken_out
from tests.integration.gateway.soap.test_soap_bodies import MTOM, package, submission
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import (
    SOAP_11,
    add_by_password,
    envelope,
    one,
    outcome,
    post,
    security,
    signed,
    status_call,
)
from tests.support.network.certificates import Authority, Pair
from tests.support.ward import NUMBER
from tests.support.works import now

KINDS = pytest.mark.parametrize("kind", ["rsa", "elliptic"])


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hub of these tests keeps its things."""
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def gateway(directory: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(directory) as opened:
        yield opened


@pytest.fixture(scope="module")
def key(gateway: PartnerGateway, directory: Path) -> ApiKey:
    """The key of the client `user`, which is its password, too."""
    return add_by_password(gateway.ward.store, directory / "ws.key")


def pair_of(place: Path, kind: str) -> Pair:
    """Return a certificate with a key of a kind."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else None
    return Authority(place).pair("signer", key=key)


def run(command: str, key: list[str], root: etree._Element, place: Path) -> Path:
    """Run xmlsec1 on an envelope; return what it wrote."""
    file, out = place / "call.xml", place / "out.xml"
    file.write_bytes(etree.tostring(root))
    ids = [
        part
        for name in (f"{SOAP_11}:Body", f"{WSU}:Timestamp", *_tokens())
        for part in ("--id-attr:Id", name)
    ]
    done = subprocess.run(
        [xmlsec(), command, *key, *ids, "--output", str(out), str(file)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


def _tokens() -> list[str]:
    confirmation = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
    tokens = [f"{WSSE}:{name}" for name in ("BinarySecurityToken", "UsernameToken")]
    return [*tokens, f"{confirmation}:SignatureConfirmation"]


@KINDS
def test_xmlsec_verifies_what_the_hub_signs(tmp_path: Path, kind: str) -> None:
    """With a UsernameToken in it, too."""
    pair = pair_of(tmp_path, kind)
    whole = security(pair=pair, user="u", password="p").secure(envelope(status_call()))
    run("--verify", ["--pubkey-cert-pem", str(pair.certificate)], etree.fromstring(whole), tmp_path)


@KINDS
def test_xmlsec_refuses_a_changed_call(tmp_path: Path, kind: str) -> None:
    """So that the test above can fail."""
    pair = pair_of(tmp_path, kind)
    root = signed(pair)
    one(root, "trangThai").text = "10"
    with pytest.raises(AssertionError):
        run("--verify", ["--pubkey-cert-pem", str(pair.certificate)], root, tmp_path)


def by_xmlsec(root: etree._Element, pair: Pair, place: Path) -> bytes:
    """Return the envelope signed anew by xmlsec1, over the same references."""
    for name in ("DigestValue", "SignatureValue"):
        for element in root.iter(f"{{{DS}}}{name}"):
            element.text = ""
    return run("--sign", ["--privkey-pem", str(pair.key)], root, place).read_bytes()


@KINDS
def test_the_hub_verifies_what_xmlsec_signs(
    gateway: PartnerGateway, tmp_path: Path, kind: str
) -> None:
    """The call is taken."""
    pair = pair_of(tmp_path, kind)
    add_certificate_client(gateway.ward.store, pair, f"xmlsec-{kind}", now=now())
    body = by_xmlsec(signed(pair), pair, tmp_path)
    assert outcome(post(gateway.url, body)) == (200, "")


@KINDS
def test_the_hub_verifies_a_package_of_what_xmlsec_signs(
    gateway: PartnerGateway, tmp_path: Path, kind: str
) -> None:
    """The file is taken out of the signed envelope into a part of its own, as XOP does."""
    pair = pair_of(tmp_path, kind)
    add_certificate_client(gateway.ward.store, pair, f"package-{kind}", now=now())
    content = base64.b64encode(b"%PDF-1.4 goi ky so").decode()
    root = etree.fromstring(by_xmlsec(signed(pair, submission(content)), pair, tmp_path))
    root, parts = taken_out(root)
    body = package(etree.tostring(root), *parts)
    assert outcome(post(gateway.url, body, Content_Type=MTOM)) == (200, "")


@KINDS
def test_xmlsec_verifies_the_replies_of_the_hub(tmp_path: Path, kind: str) -> None:
    """Its second opinion on what the hub signs for a client."""
    hub = pair_of(tmp_path / "hub", kind)
    signer = EnvelopeSecurity(SecuritySettings(certificate=hub.certificate, key=hub.key))
    with open_partner_gateway(tmp_path, reply_signer=signer) as gateway:
        pair = Authority(tmp_path).pair("caller")
        add_certificate_client(gateway.ward.store, pair, signed_replies=True, now=now())
        reply = post(gateway.url, etree.tostring(signed(pair)))
    key = ["--pubkey-cert-pem", str(hub.certificate)]
    root = etree.fromstring(reply.data)
    run("--verify", key, root, tmp_path)
    one(root, "SignatureConfirmation").set("Value", "AAAA")
    with pytest.raises(AssertionError):
        run("--verify", key, root, tmp_path)


@pytest.mark.parametrize("left", ["Body", "Timestamp"])
def test_body_and_timestamp_must_both_be_signed(
    gateway: PartnerGateway, tmp_path: Path, left: str
) -> None:
    """A true signature over less than both is refused."""
    pair = pair_of(tmp_path, "elliptic")
    add_certificate_client(gateway.ward.store, pair, f"without-{left.lower()}", now=now())
    root = signed(pair)
    id = one(root, left).get(f"{{{WSU}}}Id")
    reference = next(it for it in root.iter(f"{{{DS}}}Reference") if it.get("URI") == f"#{id}")
    parent = reference.getparent()
    assert parent is not None
    parent.remove(reference)
    body = by_xmlsec(root, pair, tmp_path)
    assert outcome(post(gateway.url, body)) == (500, "security_header_invalid")


@pytest.mark.parametrize("port", ["Soap11", "Soap12"])
def test_zeeps_username_token_is_taken(gateway: PartnerGateway, key: ApiKey, port: str) -> None:
    """Its digest, nonce and time; its fault for another password names the code."""
    make: Any = zeep.Client
    token: Any = UsernameToken
    client = make(f"{gateway.url}/soap?wsdl", wsse=token("user", key.text, use_digest=True))
    service = client.bind("TrungTamTichHop", port)
    assert service.LayDanhSachHoSo(ngay="2018-08-06") is not None
    client.wsse = token("user", "wrong", use_digest=True)
    with pytest.raises(zeep.exceptions.Fault) as refused:
        client.bind("TrungTamTichHop", port).LayDanhSachHoSo(ngay="2018-08-06")
    told = [refused.value.code, *(refused.value.subcodes or ())]
    assert any("FailedAuthentication" in str(one) for one in told)


def whole_wsdl(gateway: PartnerGateway) -> bytes:
    """Return the served contract as one document: soapbar reads no imported schema."""
    wsdl = etree.fromstring(urllib3.request("GET", f"{gateway.url}/soap?wsdl").data)
    xsd = etree.fromstring(urllib3.request("GET", f"{gateway.url}/soap?xsd=hub.xsd").data)
    (importing,) = wsdl.findall(".//{http://www.w3.org/2001/XMLSchema}schema")
    parent = importing.getparent()
    assert parent is not None
    parent.replace(importing, xsd)
    return etree.tostring(wsdl)


def test_soapbars_client_calls_by_the_served_contract(gateway: PartnerGateway, key: ApiKey) -> None:
    """Made of the WSDL, with its UsernameToken; its fault has our code."""
    client: Any = SoapClient.from_wsdl_string(whole_wsdl(gateway))
    # only the constructor takes one, and that reads no imports
    client._wss_credential = UsernameTokenCredential("user", key.text, use_digest=True)
    by = {"nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Sở Thử"}
    at = "2018-08-06T08:30:00+07:00"
    taken = client.call("CapNhatTrangThaiHoSo", maHoSo=NUMBER, trangThai=4, thoiDiemXuLy=at, **by)
    assert NUMBER in str(taken)
    with pytest.raises(SoapFault) as refused:
        client.call("TraCuuHoSo", maHoSo=NUMBER)
    client.close()
    assert isinstance(refused.value.detail, etree._Element)
    assert "dossier_unknown" in etree.tostring(refused.value.detail).decode()
