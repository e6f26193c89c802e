"""Signed calls with MTOM: the signature is over the envelope with the files in it."""

import base64
import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from hub.gateway.soap import signed_package
from hub.gateway.soap.names import NS
from tests.integration.gateway.soap.test_soap_bodies import MTOM, XOP, package, stored, submission
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import one, outcome, post, signed
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now

FIRST, SECOND = b"%PDF-1.4 \x00\xff mot\r\n", b"%PDF-1.4 hai"
INVALID, WRONG = (500, "call_invalid"), (500, "signature_wrong")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(tmp_path) as opened:
        yield opened


@pytest.fixture
def pair(gateway: PartnerGateway, tmp_path: Path) -> Pair:
    """The certificate of a client."""
    made = Authority(tmp_path).pair("signer")
    add_certificate_client(gateway.ward.store, made, now=now())
    return made


def taken_out(root: etree._Element) -> tuple[etree._Element, list[tuple[str, bytes]]]:
    """Return a signed envelope as XOP sends it: its files in parts, Includes in their places."""
    root, parts = copy.deepcopy(root), []
    for nth, content in enumerate(root.iter(f"{{{NS}}}noiDung")):
        parts.append((f"part{nth}@test", base64.b64decode(content.text or "")))
        content.text = None
        content.append(etree.fromstring(XOP.format(parts[-1][0])))
    return root, parts


def send(
    gateway: PartnerGateway, root: etree._Element, parts: list[tuple[str, bytes]]
) -> tuple[int, str]:
    """Send a package; return its outcome."""
    return outcome(post(gateway.url, package(etree.tostring(root), *parts), Content_Type=MTOM))


def signed_files(pair: Pair, *files: bytes) -> etree._Element:
    """Return a signed call that hands files in as base64."""
    return signed(pair, submission(*(base64.b64encode(file).decode() for file in files)))


def test_files_of_a_signed_package_are_taken(gateway: PartnerGateway, pair: Pair) -> None:
    """As they were signed."""
    root, parts = taken_out(signed_files(pair, FIRST, SECOND))
    assert send(gateway, root, parts) == (200, "")
    assert stored(gateway) == {FIRST, SECOND}


def test_a_signed_package_that_was_changed_is_refused(gateway: PartnerGateway, pair: Pair) -> None:
    """A part, two parts exchanged, the body; nothing is stored."""
    root, ((first, _), (second, _)) = taken_out(signed_files(pair, FIRST, SECOND))
    good = [(first, FIRST), (second, SECOND)]
    assert send(gateway, root, [(first, FIRST), (second, b"%PDF-1.4 forged")]) == WRONG
    assert send(gateway, root, [(first, SECOND), (second, FIRST)]) == WRONG
    changed = copy.deepcopy(root)
    one(changed, "tenTep").text = "other.pdf"
    assert send(gateway, changed, good) == WRONG
    assert stored(gateway) == set()
    assert send(gateway, root, good) == (200, "")


def test_parts_and_includes_of_a_signed_package_must_belong_together(
    gateway: PartnerGateway, pair: Pair
) -> None:
    """A part that is missing, unnamed, there twice, named twice; an Include that is not alone."""
    root, parts = taken_out(signed_files(pair, FIRST, SECOND))
    assert send(gateway, root, parts[:1]) == INVALID
    assert send(gateway, root, [*parts, ("more", b"x")]) == INVALID
    assert send(gateway, root, [*parts, parts[0]]) == INVALID
    twice = copy.deepcopy(root)
    for include in twice.iter("{*}Include"):
        include.set("href", f"cid:{parts[0][0]}")
    assert send(gateway, twice, parts[:1]) == INVALID
    spaced = copy.deepcopy(root)
    one(spaced, "noiDung").text = " "
    assert send(gateway, spaced, parts) == INVALID
    elsewhere = copy.deepcopy(root)
    one(elsewhere, "tenTep").append(etree.fromstring(XOP.format(parts[0][0])))
    assert send(gateway, elsewhere, parts) == INVALID
    assert stored(gateway) == set()


def test_a_signed_package_has_the_limit_of_a_signed_envelope(
    gateway: PartnerGateway, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held in memory: its parts alone, and they with the envelope."""
    root, parts = taken_out(signed_files(pair, bytes(30_000)))
    for most in (39_999, 42_000):
        monkeypatch.setattr(signed_package, "WHOLE_MOST", most)
        assert send(gateway, root, parts) == (413, "message_too_large")
    monkeypatch.setattr(signed_package, "WHOLE_MOST", 50_000)
    assert send(gateway, root, parts) == (200, "")


@pytest.mark.parametrize("is_package", [True, False])
def test_a_signed_call_that_ends_too_early_is_refused(
    gateway: PartnerGateway, pair: Pair, is_package: bool
) -> None:
    """By its code: nothing of it is read."""
    root = signed_files(pair, FIRST)
    if is_package:
        root, parts = taken_out(root)
        whole = package(etree.tostring(root)[:-20], *parts)
        assert outcome(post(gateway.url, whole, Content_Type=MTOM)) == (500, "xml_broken")
    else:
        assert outcome(post(gateway.url, etree.tostring(root)[:-20])) == (500, "xml_broken")
