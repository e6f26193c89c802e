"""Verifies the X.509 signature of a whole envelope by signxml, and returns what was signed.

Trust comes from the certificate alone, which the caller of this module has looked up; nothing is
fetched and no chain is built. A reference may only mean the Body, a header block or an element of
the Security header, each found by its place; an id that is there twice is refused. Body and
Timestamp are returned as the canonical form that the signature was made over: later steps read
that, and never the message, so that a wrapped element cannot stand for the signed one.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidCertificate, SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from hub.gateway.soap.names import Version
from hub.gateway.soap.ws_security import names, security_header, signature_shape
from hub.gateway.soap.ws_security.refusal import refused
from hub.gateway.soap.ws_security.security_header import Timestamp
from hub.messages.invalid import InvalidMessage

SMALLEST_RSA = 2048
_ID_NAMES = frozenset({"id", "assertionid"})
# It writes what it canonicalizes into its debug lines.
logging.getLogger("signxml").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Signed:
    """What the signature was made over."""

    body: bytes
    """The Body element in its canonical form."""
    timestamp: Timestamp
    identity: bytes
    """Equal for the same signed content, whatever else of the message differs."""


def parse(whole: bytes, *, encoding: str | None) -> etree._Element:
    """Return the envelope without its comments; it has no DTD, or `EnvelopeReader` refused it.

    Raises InvalidMessage.
    """
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(whole, parser)
    except etree.XMLSyntaxError as error:  # its text may quote the message
        line, column = error.position
        where = f"line {line}, column {column}"
        raise InvalidMessage("xml_broken", where=where, why="broken, or not whole") from None


def certificate_of(der: bytes) -> x509.Certificate:
    """Return a certificate with a key that is long enough; raises RefusedCall."""
    where = "BinarySecurityToken"
    try:
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
    except ValueError:
        raise refused("security_certificate", where, "not an X.509 certificate") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return found
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256:
        return found
    why = f"its key is RSA of at least {SMALLEST_RSA} bits, or elliptic of at least 256"
    raise refused("security_algorithm", where, why)


def verify(
    root: etree._Element, version: Version, certificate: x509.Certificate, *, now: datetime
) -> Signed:
    """Return what the owner of the certificate signed; raises RefusedCall."""
    if [child.tag for child in root] != [version.tag("Header"), version.tag("Body")]:
        raise refused("security_header_invalid", "", "a signed Envelope has one Header, one Body")
    security = security_header.find(root[0])
    binary = None if security is None else security.find(names.BINARY_TOKEN)
    signature = None if security is None else security.find(names.SIGNATURE)
    if binary is None or signature is None:  # the reader of the header has seen them
        raise refused("security_header_invalid", "Signature", "not where it was")
    signature_shape.check(signature, binary)
    verifier = _Verifier(version)
    config = SignatureConfiguration(
        location=f"./{version.tag('Header')}/{names.SECURITY}/",
        expect_references=False,
        signature_methods=frozenset(
            one for one in SignatureMethod if one.value in signature_shape.METHODS
        ),
        digest_algorithms=frozenset(
            one for one in DigestAlgorithm if one.value in signature_shape.DIGESTS
        ),
        verification_time=now,
    )
    try:
        results: Any = verifier.verify(root, x509_cert=certificate, expect_config=config)
    except InvalidCertificate:
        why = "the certificate is not valid yet, or no longer"
        raise refused("security_certificate", "BinarySecurityToken", why) from None
    except (SignXMLException, InvalidSignature, ValueError, etree.LxmlError):
        # Its text may quote the message.
        raise refused("signature_wrong", "Signature", "signature or digest do not match") from None
    return _signed(results, version)


def _signed(results: list[VerifyResult], version: Version) -> Signed:
    found = {one.signed_xml.tag: one for one in results if one.signed_xml is not None}
    body, timestamp = found.get(version.tag("Body")), found.get(names.TIMESTAMP)
    if body is None or timestamp is None or timestamp.signed_xml is None:
        why = "Body and Timestamp must both be signed"
        raise refused("security_header_invalid", "Signature", why)
    return Signed(
        body.signed_data,
        security_header.timestamp_of(timestamp.signed_xml),
        timestamp.signed_data + body.signed_data,
    )


class _Verifier(XMLVerifier):
    """signxml, with references that are found by their place."""

    def __init__(self, version: Version) -> None:
        super().__init__()
        self._version = version

    def _resolve_reference(
        self,
        doc_root: etree._Element,
        reference: etree._Element,
        uri_resolver: object = None,  # noqa: ARG002 - the library hands it over
    ) -> etree._Element:
        id = reference.get("URI", "").removeprefix("#")
        where = "Signature/Reference"
        if sum(id in _ids(element) for element in doc_root.iter(etree.Element)) != 1:
            raise refused("security_header_invalid", where, "its id is not there exactly once")
        for element in self._signable(doc_root):
            if id in _ids(element):
                return element
        why = "signed are the Body, header blocks and elements of the Security header, in place"
        raise refused("security_header_invalid", where, why)

    def _signable(self, root: etree._Element) -> Iterator[etree._Element]:
        yield from root.findall(self._version.tag("Body"))
        elsewhere = (names.TIMESTAMP, self._version.tag("Body"))  # these have a place of their own
        for block in root.iterfind(f"{self._version.tag('Header')}/*"):
            if block.tag not in elsewhere:
                yield block
        yield from root.findall(f"{self._version.tag('Header')}/{names.SECURITY}/*")


def _ids(element: etree._Element) -> set[str]:
    """Return the values of every attribute that some reader takes for an id."""
    return {
        str(value)
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() in _ID_NAMES
    }
