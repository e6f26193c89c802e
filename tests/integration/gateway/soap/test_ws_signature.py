"""X.509 signatures at the SOAP endpoint: what is signed is what counts, and all else is refused."""

import base64
import copy
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from adapters.wire.ws_security import DS, WSSE
from hub.operations.clients import issuing
from hub.rules.clients.certificates import CertificateBinding
from tests.integration.gateway.soap.test_soap_bodies import submission
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway
from tests.support.gateway.signed_calls import (
    SOAP_11,
    SOAP_12,
    add_by_password,
    envelope,
    one,
    outcome,
    post,
    security,
    signed,
    signed_by,
    status_call,
)
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now

CALL = envelope(status_call())
INVALID, WRONG = (500, "security_header_invalid"), (500, "signature_wrong")
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"


@pytest.fixture(scope="module")
def pair(gateway: PartnerGateway, directory: Path) -> Pair:
    """The certificate of the client `signer`."""
    made = Authority(directory).pair("signer", key=rsa_key())
    add_certificate_client(gateway.ward.store, made, now=now())
    return made


def rsa_key() -> rsa.RSAPrivateKey:
    """Return a key as most partners have it."""
    return rsa.generate_private_key(65537, 2048)


def send(gateway: PartnerGateway, root: etree._Element) -> tuple[int, str]:
    """Send an envelope as it is."""
    return outcome(post(gateway.url, etree.tostring(root)))


@pytest.mark.parametrize("version", [SOAP_11, SOAP_12])
@pytest.mark.parametrize("kind", ["rsa", "elliptic"])
def test_a_signature_proves_the_client(
    gateway: PartnerGateway, tmp_path: Path, version: str, kind: str
) -> None:
    """RSA and ECDSA, both versions; the audit has the client's name and the certificate's."""
    made = Authority(tmp_path).pair("signer", key=rsa_key() if kind == "rsa" else None)
    name = f"by-{kind}-{11 if version is SOAP_11 else 12}"
    add_certificate_client(gateway.ward.store, made, name, now=now())
    body = etree.tostring(signed(made, version=version))
    assert outcome(post(gateway.url, body, version=version)) == (200, "")
    query = "SELECT actor, reason FROM audit WHERE action = 'gateway.dossiers.set_status'"
    with gateway.ward.store.read() as tx:
        reason = dict(map(tuple, tx.exec_driver_sql(query)))[name]
    assert reason.startswith("certificate ")


def test_a_signed_call_hands_files_over(gateway: PartnerGateway, pair: Pair) -> None:
    """They are stored after the signature was verified, and not before."""
    body = submission(base64.b64encode(b"%PDF-1.4 ky so").decode())
    root = signed(pair, body)
    changed = copy.deepcopy(root)
    one(changed, "noiDung").text = base64.b64encode(b"%PDF-1.4 forged").decode()
    assert send(gateway, changed) == WRONG
    assert not [it for it in gateway.ward.files.directory.rglob("*") if it.is_file()]
    assert send(gateway, root) == (200, "")
    stored = [it.read_bytes() for it in gateway.ward.files.directory.rglob("*") if it.is_file()]
    assert stored == [b"%PDF-1.4 ky so"]


def test_a_signed_call_that_comes_again_as_it_is_is_refused(
    gateway: PartnerGateway, pair: Pair
) -> None:
    """Whatever an observer changes outside of what was signed; signed anew it gets its answer."""
    root = signed(pair)
    assert send(gateway, root) == (200, "")
    assert send(gateway, root) == (500, "security_replayed")
    one(root, "Header").append(etree.Element("{urn:x}Other"))
    assert send(gateway, root) == (500, "security_replayed")
    reply = post(gateway.url, etree.tostring(signed(pair)))
    assert outcome(reply) == (200, "")
    assert reply.headers["Idempotency-Replayed"] == "true"


def test_a_changed_call_is_refused(gateway: PartnerGateway, pair: Pair) -> None:
    """In the body, in the time, in the value of the signature."""
    for name, text in (
        ("trangThai", "10"),
        ("Expires", "2099-01-01T00:00:00Z"),
        ("SignatureValue", base64.b64encode(b"x" * 256).decode()),
        ("DigestValue", base64.b64encode(b"x" * 32).decode()),
    ):
        root = signed(pair)
        one(root, name).text = text
        assert send(gateway, root) == WRONG, name


def test_another_clients_key_does_not_sign(
    gateway: PartnerGateway, pair: Pair, tmp_path: Path
) -> None:
    """A public certificate in the header of a call that another key signed."""
    other = Authority(tmp_path).pair("other")
    root = signed(other)
    one(root, "BinarySecurityToken").text = base64.b64encode(pair.der).decode()
    assert send(gateway, root) == WRONG


@pytest.mark.parametrize("case", ["unknown", "retired", "small", "broken"])
def test_a_certificate_that_does_not_count_is_refused(
    gateway: PartnerGateway, tmp_path: Path, case: str
) -> None:
    """Unknown, retired, with a key that is too short, none at all."""
    key = rsa.generate_private_key(65537, 1024) if case == "small" else None  # noqa: S505
    made = Authority(tmp_path).pair("signer", key=key)
    if case != "unknown":
        add_certificate_client(gateway.ward.store, made, f"of-{case}", now=now())
    if case == "retired":
        issuing.retire(gateway.ward.store, "of-retired", by=signed_by())
    root = signed(made)
    if case == "broken":
        one(root, "BinarySecurityToken").text = "AAAA"
    code = "security_algorithm" if case == "small" else "security_certificate"
    assert send(gateway, root) == (500, code)


@pytest.mark.parametrize("ends", [timedelta(seconds=-1), timedelta(days=-8)])
def test_an_expired_certificate_is_refused(
    gateway: PartnerGateway, tmp_path: Path, ends: timedelta
) -> None:
    """Although its key is registered, by a certificate that is valid."""
    authority = Authority(tmp_path)
    valid = authority.pair("valid")
    add_certificate_client(gateway.ward.store, valid, f"expired{ends.days}", now=now())
    expired = authority.pair("expired", key_of=valid, ends=ends)
    root = signed(valid)
    one(root, "BinarySecurityToken").text = base64.b64encode(expired.der).decode()
    assert send(gateway, root) == (500, "security_certificate")


def test_a_certificate_that_is_known_by_its_names_does_not_sign(
    gateway: PartnerGateway, tmp_path: Path
) -> None:
    """Nobody has checked who signed it."""
    made = Authority(tmp_path).pair("named")
    names = CertificateBinding.NAMES
    add_certificate_client(gateway.ward.store, made, "named", binding=names, now=now())
    assert send(gateway, signed(made)) == (500, "security_certificate")


@pytest.mark.parametrize("ahead", [timedelta(minutes=-6), timedelta(minutes=2)])
def test_a_signed_call_out_of_its_time_is_refused(
    gateway: PartnerGateway, pair: Pair, ahead: timedelta
) -> None:
    """Too old, or of the future."""
    body = security(pair=pair, ahead=ahead).secure(CALL)
    assert outcome(post(gateway.url, body)) == (500, "security_expired")


def test_a_call_that_its_sender_meant_for_less_is_refused_after_that(
    gateway: PartnerGateway, pair: Pair
) -> None:
    """`Expires` counts where it comes before the hub's own five minutes."""
    short = timedelta(minutes=1)
    body = security(pair=pair, ahead=timedelta(minutes=-2), lasts=short).secure(CALL)
    assert outcome(post(gateway.url, body)) == (500, "security_expired")
    body = security(pair=pair, lasts=-short).secure(CALL)
    assert outcome(post(gateway.url, body)) == INVALID


SHAPES = {
    "sha1 digest": (("DigestMethod", "Algorithm", SHA1), "security_algorithm"),
    "rsa-sha1": (("SignatureMethod", "Algorithm", f"{DS}rsa-sha1"), "security_algorithm"),
    "hmac": (
        ("SignatureMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
        "security_algorithm",
    ),
    "dsa": (
        ("SignatureMethod", "Algorithm", "http://www.w3.org/2009/xmldsig11#dsa-sha256"),
        "security_algorithm",
    ),
    "no algorithm": (("SignatureMethod", "Algorithm", ""), "security_algorithm"),
    "inclusive c14n": (
        ("Transform", "Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        "security_algorithm",
    ),
    "c14n with comments": (
        (
            "CanonicalizationMethod",
            "Algorithm",
            "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        ),
        "security_algorithm",
    ),
    "enveloped": (("Transform", "Algorithm", f"{DS}enveloped-signature"), "security_algorithm"),
    "xslt": (
        ("Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
        "security_algorithm",
    ),
    "xpath": (
        ("Transform", "Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
        "security_algorithm",
    ),
    "str-transform": (
        (
            "Transform",
            "Algorithm",
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
        ),
        "security_algorithm",
    ),
    "whole document": (("Reference", "URI", ""), "security_header_invalid"),
    "another document": (("Reference", "URI", "http://127.0.0.1/x"), "security_header_invalid"),
    "a file": (("Reference", "URI", "file:///etc/passwd"), "security_header_invalid"),
    "xpointer": (("Reference", "URI", "#xpointer(/)"), "security_header_invalid"),
    "an id that is not there": (("Reference", "URI", "#nowhere"), "signature_wrong"),
    "another token": (("BinarySecurityToken", "ValueType", "urn:x"), "security_unsupported"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_another_profile_of_signatures_is_refused(
    gateway: PartnerGateway, pair: Pair, shape: str
) -> None:
    """SHA-1, HMAC, transforms beyond exclusive canonicalization, references to elsewhere."""
    (name, attribute, value), code = SHAPES[shape]
    root = signed(pair)
    one(root, name).set(attribute, value)
    assert send(gateway, root) == (500, code)


ADDED = {
    "a second transform": ("Transforms", f"<x:Transform xmlns:x='{DS}' Algorithm='{DS}base64'/>"),
    "an object": ("Signature", f"<x:Object xmlns:x='{DS}'/>"),
    "a key value": ("KeyInfo", f"<x:KeyValue xmlns:x='{DS}'/>"),
    "x509 data": ("KeyInfo", f"<x:X509Data xmlns:x='{DS}'/>"),
    "a shorter hmac": (
        "SignatureMethod",
        f"<x:HMACOutputLength xmlns:x='{DS}'>8</x:HMACOutputLength>",
    ),
    "a second token": (
        "Security",
        f"<x:BinarySecurityToken xmlns:x='{WSSE}'>AAAA</x:BinarySecurityToken>",
    ),
    "a second signature": ("Security", f"<x:Signature xmlns:x='{DS}'/>"),
    "a second security": ("Header", f"<x:Security xmlns:x='{WSSE}'/>"),
    "a second body": ("Envelope", f"<x:Body xmlns:x='{SOAP_11}'/>"),
}


@pytest.mark.parametrize("added", ADDED)
def test_what_is_added_to_a_signature_is_refused(
    gateway: PartnerGateway, pair: Pair, added: str
) -> None:
    """Nothing may stand in it that is not read."""
    name, text = ADDED[added]
    root = signed(pair)
    one(root, name).append(etree.fromstring(text))
    status, code = send(gateway, root)
    assert status == 500
    assert code in {"security_header_invalid", "security_unsupported"}


def test_a_signed_token_must_be_that_of_the_signer(
    gateway: PartnerGateway, pair: Pair, directory: Path
) -> None:
    """Both proofs are checked, and name one client."""
    key = add_by_password(gateway.ward.store, directory / "ws.key")
    secured = security(pair=pair, user="user", password=key.text)
    assert outcome(post(gateway.url, secured.secure(CALL))) == (500, "security_failed")
