"""Reads the one Security header of a call into a record: which proofs it holds, none checked yet.

An element that is there twice, or that is not understood, is refused: two readers that choose
differently must not be played off against each other.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from hub.gateway.soap.ws_security import names
from hub.gateway.soap.ws_security.freshness import time_of
from hub.gateway.soap.ws_security.refusal import refused

MOST_BYTES = 16 * 1024
"""Of one value: a certificate is the longest."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When the call was made, and until when it is meant."""

    created: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsernameToken:
    """A user, and what proves the user's knowledge of a secret."""

    user: str
    password: str = field(repr=False)
    """The secret itself, or the digest in base64."""
    is_digest: bool
    nonce: bytes
    created_text: str
    """As it stands in the message: the digest is made of these letters."""
    created: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHeader:
    """What a Security header holds."""

    timestamp: Timestamp | None
    token: UsernameToken | None
    certificate: bytes
    """DER form of the BinarySecurityToken, empty where there is none."""
    signature: etree._Element | None

    @property
    def is_proof(self) -> bool:
        """Whether it can prove who calls."""
        return self.token is not None or self.signature is not None


def find(header: etree._Element | None) -> etree._Element | None:
    """Return the Security header, None without one; raises RefusedCall for two."""
    if header is None:
        return None
    found = header.findall(names.SECURITY)
    if len(found) > 1:
        raise refused("security_header_invalid", "", "more than one Security header")
    return found[0] if found else None


def read(security: etree._Element) -> SecurityHeader:
    """Return what the header holds; raises RefusedCall."""
    known = {
        tag: _one(security, tag)
        for tag in (names.TIMESTAMP, names.USERNAME_TOKEN, names.BINARY_TOKEN, names.SIGNATURE)
    }
    for child in security:
        if child.tag not in known:
            name = etree.QName(child).localname
            raise refused("security_unsupported", name, "this element is not taken")
    signature, binary = known[names.SIGNATURE], known[names.BINARY_TOKEN]
    if (signature is None) != (binary is None):
        why = "a Signature and the BinarySecurityToken of its certificate belong together"
        raise refused("security_header_invalid", "", why)
    timestamp, token = known[names.TIMESTAMP], known[names.USERNAME_TOKEN]
    return SecurityHeader(
        timestamp=None if timestamp is None else timestamp_of(timestamp),
        token=None if token is None else _token_of(token),
        certificate=b"" if binary is None else _certificate_of(binary),
        signature=signature,
    )


def timestamp_of(element: etree._Element) -> Timestamp:
    """Return a Timestamp; raises RefusedCall."""
    created, expires = _one(element, names.CREATED), _one(element, names.EXPIRES)
    if created is None:
        raise refused("security_header_invalid", "Timestamp", "Created is missing")
    return Timestamp(
        time_of(_text(created), where="Timestamp/Created"),
        None if expires is None else time_of(_text(expires), where="Timestamp/Expires"),
    )


def _token_of(element: etree._Element) -> UsernameToken:
    where = "UsernameToken"
    user = _one(element, names.wsse("Username"))
    password = _one(element, names.wsse("Password"))
    nonce, created = _one(element, names.wsse("Nonce")), _one(element, names.CREATED)
    if user is None or password is None:
        raise refused("security_header_invalid", where, "Username and Password are needed")
    kind = password.get("Type", names.PASSWORD_TEXT)
    if kind not in (names.PASSWORD_TEXT, names.PASSWORD_DIGEST):
        why = "Type is #PasswordText or #PasswordDigest"
        raise refused("security_unsupported", f"{where}/Password", why)
    return UsernameToken(
        user=_text(user),
        password=_text(password),
        is_digest=kind == names.PASSWORD_DIGEST,
        nonce=b"" if nonce is None else _bytes(nonce, f"{where}/Nonce"),
        created_text="" if created is None else created.text or "",
        created=None if created is None else time_of(_text(created), where=f"{where}/Created"),
    )


def _certificate_of(element: etree._Element) -> bytes:
    where = "BinarySecurityToken"
    if element.get("ValueType") != names.X509_V3:
        raise refused("security_unsupported", where, "ValueType is #X509v3")
    return _bytes(element, where)


def _bytes(element: etree._Element, where: str) -> bytes:
    text = "".join(_text(element).split())
    if element.get("EncodingType", names.BASE64) != names.BASE64 or len(text) > MOST_BYTES:
        raise refused("security_header_invalid", where, f"base64 of at most {MOST_BYTES} letters")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused("security_header_invalid", where, "not base64") from None


def _text(element: etree._Element) -> str:
    if len(element):
        where = etree.QName(element).localname
        raise refused("security_header_invalid", where, "only text may stand in it")
    return (element.text or "").strip()


def _one(parent: etree._Element, tag: str) -> etree._Element | None:
    found = parent.findall(tag)
    if len(found) > 1:
        name = etree.QName(tag).localname
        raise refused("security_header_invalid", name, "there is more than one")
    return found[0] if found else None
