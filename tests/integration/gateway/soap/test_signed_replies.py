"""Signed replies: for the clients that want them, with the hub's certificate."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from signxml import verifier

from adapters.wire.ws_security import WSSE, EnvelopeSecurity, SecuritySettings
from hub.gateway.soap import endpoint
from hub.gateway.soap.names import NS
from tests.integration.gateway.soap.test_soap_bodies import submission
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import (
    SOAP_11,
    SOAP_12,
    envelope,
    one,
    outcome,
    post,
    signed,
    status_call,
)
from tests.support.network.certificates import Authority, Pair
from tests.support.ward import NUMBER
from tests.support.works import now

WSSE_11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
CONFIRMATION = f"{{{WSSE_11}}}SignatureConfirmation"
VERSIONS = pytest.mark.parametrize("version", [SOAP_11, SOAP_12])
FILE = b"%PDF-1.4 tra loi"


@pytest.fixture
def hub(tmp_path: Path) -> Pair:
    """The hub's certificate for replies."""
    return Authority(tmp_path / "hub").pair("hub")


@pytest.fixture
def gateway(tmp_path: Path, hub: Pair) -> Iterator[PartnerGateway]:
    """The gateway of a hub with a certificate for replies."""
    signer = EnvelopeSecurity(SecuritySettings(certificate=hub.certificate, key=hub.key))
    with open_partner_gateway(tmp_path, reply_signer=signer) as opened:
        yield opened


@pytest.fixture
def pair(gateway: PartnerGateway, tmp_path: Path) -> Pair:
    """The certificate of a client that wants signed replies."""
    made = Authority(tmp_path).pair("signer")
    add_certificate_client(gateway.ward.store, made, signed_replies=True, now=now())
    return made


def verified(reply: bytes, hub: Pair, version: str) -> set[str]:
    """Return the names of what the hub signed of a reply."""
    root = etree.fromstring(reply)
    settings = verifier.SignatureConfiguration(
        location=f"./{{{version}}}Header/{{{WSSE}}}Security/", expect_references=4
    )
    found = verifier.XMLVerifier().verify(
        root,
        x509_cert=hub.certificate.read_text(),
        expect_config=settings,
    )
    assert isinstance(found, list)
    return {etree.QName(it.signed_xml).localname for it in found if it.signed_xml is not None}


@VERSIONS
def test_a_reply_is_signed_and_confirms_its_call(
    gateway: PartnerGateway, pair: Pair, hub: Pair, version: str
) -> None:
    """Body, time and the call's own signature value: no reply fits another call."""
    call = signed(pair, version=version)
    reply = post(gateway.url, etree.tostring(call), version=version)
    assert outcome(reply) == (200, "")
    assert reply.headers["Content-Type"].startswith(
        "text/xml" if version == SOAP_11 else "application/soap+xml"
    )
    names = {"Body", "Timestamp", "SignatureConfirmation", "BinarySecurityToken"}
    assert verified(reply.data, hub, version) == names
    confirmed = etree.fromstring(reply.data).find(f".//{CONFIRMATION}")
    assert confirmed is not None
    assert confirmed.get("Value") == one(call, "SignatureValue").text


def test_a_fault_to_a_known_client_is_signed(
    gateway: PartnerGateway, pair: Pair, hub: Pair
) -> None:
    """That of a stranger is not: the hub signs for its clients only."""
    body = f'<TraCuuHoSo xmlns="{NS}"><maHoSo>000.99.01.H57-180806-9999</maHoSo></TraCuuHoSo>'
    reply = post(gateway.url, etree.tostring(signed(pair, body)))
    assert outcome(reply) == (500, "dossier_unknown")
    assert "Body" in verified(reply.data, hub, SOAP_11)
    stranger = post(gateway.url, envelope(status_call()))
    assert outcome(stranger)[0] == 401
    assert etree.fromstring(stranger.data).find(f".//{{{WSSE}}}Security") is None


def test_a_client_that_does_not_want_it_gets_plain_replies(gateway: PartnerGateway) -> None:
    """As before."""
    reply = gateway.call("POST", "/soap", envelope(status_call()), Content_Type="text/xml")
    assert outcome(reply) == (200, "")
    assert etree.fromstring(reply.data).find(f".//{{{WSSE}}}Security") is None


def test_a_file_is_in_the_signed_reply(
    gateway: PartnerGateway, pair: Pair, hub: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to a size, since it is made in memory; above it the refusal is signed."""
    content = base64.b64encode(FILE).decode()
    assert outcome(post(gateway.url, etree.tostring(signed(pair, submission(content)))))[0] == 200
    gateway.ward.settle()
    asked = (
        f'<LayTepDinhKem xmlns="{NS}"><maHoSo>{NUMBER}</maHoSo>'
        f"<maBamTep>{hashlib.sha256(FILE).hexdigest()}</maBamTep></LayTepDinhKem>"
    )
    reply = post(gateway.url, etree.tostring(signed(pair, asked)))
    assert outcome(reply) == (200, "")
    assert "Body" in verified(reply.data, hub, SOAP_11)
    assert one(etree.fromstring(reply.data), "noiDung").text == content
    monkeypatch.setattr(endpoint, "LARGEST", 100)
    refused = post(gateway.url, etree.tostring(signed(pair, asked)))
    assert outcome(refused) == (413, "file_too_large")
    assert "Body" in verified(refused.data, hub, SOAP_11)


def test_a_call_whose_reply_could_not_be_signed_has_no_effect(
    gateway: PartnerGateway, pair: Pair, hub: Pair
) -> None:
    """The key is missing: 503, and the same call is taken when the key is there again."""
    hidden = hub.key.rename(hub.key.with_suffix(".away"))
    call = etree.tostring(signed(pair))
    assert outcome(post(gateway.url, call)) == (503, "reply_not_signed")
    hidden.rename(hub.key)
    reply = post(gateway.url, etree.tostring(signed(pair)))
    assert outcome(reply) == (200, "")
    assert "Idempotency-Replayed" not in reply.headers


def test_a_hub_without_a_certificate_refuses_who_wants_signed_replies(tmp_path: Path) -> None:
    """Rather than answering unsigned."""
    with open_partner_gateway(tmp_path) as gateway:
        made = Authority(tmp_path).pair("signer")
        add_certificate_client(gateway.ward.store, made, signed_replies=True, now=now())
        assert outcome(post(gateway.url, etree.tostring(signed(made)))) == (503, "reply_not_signed")
