"""Signature wrapping (XSW 1 to 8, as they are known from SAML, in a SOAP envelope).

Each shape keeps a true signature over the true call, and adds a forged one where a careless reader
would look. Either the call is refused, or what was signed is what is handled: never the forged one.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from adapters.wire.ws_security import WSU
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway
from tests.support.gateway.signed_calls import (
    SOAP_11,
    one,
    outcome,
    post,
    signed,
)
from tests.support.network.certificates import Authority, Pair
from tests.support.works import now

Wrap = Callable[[etree._Element], None]
ID = f"{{{WSU}}}Id"


@pytest.fixture(scope="module")
def pair(gateway: PartnerGateway, directory: Path) -> Pair:
    """The certificate of the client `signer`."""
    made = Authority(directory).pair("signer")
    add_certificate_client(gateway.ward.store, made, now=now())
    return made


def forged(root: etree._Element, *, id: str | None = "forged") -> etree._Element:
    """Return a copy of the body that says something else."""
    made = copy.deepcopy(one(root, "Body"))
    one(made, "trangThai").text = "10"
    if id is None:
        made.attrib.pop(ID)
    elif id != "same":
        made.set(ID, id)
    return made


def _wrapper(parent: etree._Element) -> etree._Element:
    return etree.SubElement(parent, "{urn:x}Wrapper")


def xsw1(root: etree._Element) -> None:
    """The forged body first, the true one as a second body behind it."""
    body = one(root, "Body")
    root.insert(root.index(body), forged(root))


def xsw2(root: etree._Element) -> None:
    """The true body first, the forged one as a second body behind it."""
    root.append(forged(root))


def xsw3(root: etree._Element) -> None:
    """The true body in a header block, the forged one in its place, with another id."""
    body, made = one(root, "Body"), forged(root)
    root.replace(body, made)
    _wrapper(one(root, "Header")).append(body)


def xsw4(root: etree._Element) -> None:
    """The true body within the forged one."""
    body, made = one(root, "Body"), forged(root)
    root.replace(body, made)
    made.append(body)


def xsw5(root: etree._Element) -> None:
    """The true body in a header block, the forged one in its place with the same id."""
    body, made = one(root, "Body"), forged(root, id="same")
    root.replace(body, made)
    _wrapper(one(root, "Header")).append(body)


def xsw6(root: etree._Element) -> None:
    """The true body within the signature, the forged one in its place with the same id."""
    body, made = one(root, "Body"), forged(root, id="same")
    root.replace(body, made)
    one(root, "KeyInfo").append(body)


def xsw7(root: etree._Element) -> None:
    """The true body in an extension element of the envelope, the forged one without an id."""
    body, made = one(root, "Body"), forged(root, id=None)
    root.replace(body, made)
    _wrapper(root).append(body)


def xsw8(root: etree._Element) -> None:
    """The true body in an Object of the signature, the forged one without an id."""
    body, made = one(root, "Body"), forged(root, id=None)
    root.replace(body, made)
    held = etree.SubElement(one(root, "Signature"), "{http://www.w3.org/2000/09/xmldsig#}Object")
    held.append(body)


def xsw_security(root: etree._Element) -> None:
    """The true body as an element of the Security header, where a reference may point."""
    body, made = one(root, "Body"), forged(root)
    root.replace(body, made)
    one(root, "Security").append(body)


def xsw_other_attribute(root: etree._Element) -> None:
    """The forged body has the id in an attribute that some readers take first."""
    body = one(root, "Body")
    made = forged(root, id=None)
    made.set("Id", body.get(ID) or "")
    root.replace(body, made)
    _wrapper(one(root, "Header")).append(body)


def xsw_header_block(root: etree._Element) -> None:
    """The true body is itself a header block, the forged one stands in its place."""
    body, made = one(root, "Body"), forged(root)
    root.replace(body, made)
    one(root, "Header").append(body)


def xsw_timestamp(root: etree._Element) -> None:
    """A fresh Timestamp in the place of the signed one, which is kept elsewhere."""
    stamp = one(root, "Timestamp")
    made = copy.deepcopy(stamp)
    made.set(ID, "forged")
    one(made, "Created").text = "2026-11-28T00:00:00Z"
    parent = stamp.getparent()
    assert parent is not None
    parent.replace(stamp, made)
    _wrapper(one(root, "Header")).append(stamp)


def xsw_second_header(root: etree._Element) -> None:
    """The true header and body within a wrapper, forged ones in their places."""
    made = forged(root)
    header, body = one(root, "Header"), one(root, "Body")
    fresh = etree.Element(f"{{{SOAP_11}}}Header")
    root.replace(header, fresh)
    root.replace(body, made)
    fresh.append(header)
    fresh.append(body)


SHAPES = [
    xsw1,
    xsw2,
    xsw3,
    xsw4,
    xsw5,
    xsw6,
    xsw7,
    xsw8,
    xsw_security,
    xsw_other_attribute,
    xsw_header_block,
    xsw_timestamp,
    xsw_second_header,
]


@pytest.mark.parametrize("wrap", SHAPES, ids=lambda it: it.__name__)
def test_a_wrapped_signature_is_refused(gateway: PartnerGateway, pair: Pair, wrap: Wrap) -> None:
    """And nothing of the call is stored."""
    root = signed(pair)
    wrap(root)
    status, code = outcome(post(gateway.url, etree.tostring(root)))
    assert status in (401, 500)
    assert code in {
        "token",
        "security_header_invalid",
        "security_unsupported",
        "security_expired",
        "signature_wrong",
    }
    with gateway.ward.store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM inbox").scalar() == 0


def test_comments_within_a_signed_call_change_nothing(gateway: PartnerGateway, pair: Pair) -> None:
    """A comment is not signed: a value that it splits is still read as a whole."""
    body = etree.tostring(signed(pair)).replace(b">Th", b"><!-- x -->Th")
    body = body.replace("Lê Thị Thử".encode(), "Lê<!-- x --> Thị Thử".encode())
    assert outcome(post(gateway.url, body)) == (200, "")
    with gateway.ward.store.read() as tx:
        bodies = tx.exec_driver_sql("SELECT body FROM journal").scalars().all()
    assert all("Lê Thị Thử" in str(bytes(one), "utf-8") for one in bodies)
    assert bodies
