"""Signs the hub's own SOAP calls and replies, and puts a UsernameToken into calls: WS-Security 1.1
by signxml.

Each attempt is signed anew, with its own time and nonce, just before it is sent: a partner refuses
what it has seen. Signed are Body, Timestamp, UsernameToken and the certificate's token, by
exclusive canonicalization with SHA-256. The files are read again when they change.

Not promised: encryption of a message (TLS does that), and a check of the partner's signature.
"""

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from adapters.wire.xml import parse
from hub.rules.failures.errors import TransientFailure

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
_WSSE_11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
_BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
_X509 = f"{_OASIS}-x509-token-profile-1.0#X509v3"
_PASSWORD = f"{_OASIS}-username-token-profile-1.0#Password"
_NAMESPACES = {"wsse": WSSE, "wsu": WSU}
LASTS = timedelta(minutes=5)
"""How long a call may be taken by the partner after it was made."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySettings:
    """How calls to one partner are secured; a part that is empty is left out."""

    certificate: Path | None = None
    """PEM file of the certificate that goes with each call."""
    key: Path | None = None
    """PEM file of its private key, without a passphrase."""
    username: str = ""
    password: str = field(default="", repr=False)
    secret_form: Literal["digest", "text"] = "digest"  # noqa: S105 - no secret
    """How the password stands in the message; as text only over TLS."""
    lasts: timedelta = LASTS

    @property
    def is_wanted(self) -> bool:
        """Whether a Security header is sent at all."""
        return self.certificate is not None or bool(self.username)


class EnvelopeSecurity:
    """Secures the calls to one partner; safe in many threads."""

    def __init__(self, settings: SecuritySettings, *, clock: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._clock = clock
        self._read: tuple[tuple[int, ...], Any, Any] | None = None
        logging.getLogger("signxml").setLevel(logging.WARNING)  # it writes what it canonicalizes

    def check(self) -> None:
        """Return where the certificate and its key can be used now; raises as `secure` does."""
        if self._settings.certificate is not None:
            self._files()

    def secure(self, envelope: bytes, *, confirms: str | None = None) -> bytes:
        """Return the envelope with its Security header; raises TransientFailure `signing_failed`.

        Nothing was sent then: a certificate or key that cannot be used is fixed by a person.
        `confirms`: of a reply, the SignatureValue of its call, "" for a call without one.
        """
        root = parse(envelope)
        namespace = etree.QName(root).namespace
        header = root.find(f"{{{namespace}}}Header")
        if header is None:
            header = etree.Element(f"{{{namespace}}}Header")
            root.insert(0, header)
        body = root.find(f"{{{namespace}}}Body")
        assert body is not None  # noqa: S101 - zeep has made the envelope
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap=_NAMESPACES)
        security.set(f"{{{namespace}}}mustUnderstand", "1")
        now = self._clock()
        signed = [body, self._timestamp(security, now)]
        if self._settings.username:
            signed.append(self._token(security, now))
        if confirms is not None:
            signed.append(_confirmation(security, confirms))
        if self._settings.certificate is not None:
            self._sign(root, security, signed)
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def _timestamp(self, security: etree._Element, now: datetime) -> etree._Element:
        element = etree.SubElement(security, f"{{{WSU}}}Timestamp")
        etree.SubElement(element, f"{{{WSU}}}Created").text = _text(now)
        etree.SubElement(element, f"{{{WSU}}}Expires").text = _text(now + self._settings.lasts)
        return element

    def _token(self, security: etree._Element, now: datetime) -> etree._Element:
        settings, nonce, created = self._settings, secrets.token_bytes(16), _text(now)
        element = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
        etree.SubElement(element, f"{{{WSSE}}}Username").text = settings.username
        password = etree.SubElement(element, f"{{{WSSE}}}Password")
        password.text = settings.password
        if settings.secret_form == "text":  # noqa: S105 - no secret
            password.set("Type", f"{_PASSWORD}Text")
            return element
        made = hashlib.sha1(  # the profile has no other
            nonce + created.encode() + settings.password.encode(), usedforsecurity=False
        )
        password.set("Type", f"{_PASSWORD}Digest")
        password.text = base64.b64encode(made.digest()).decode()
        child = etree.SubElement(element, f"{{{WSSE}}}Nonce", EncodingType=_BASE64)
        child.text = base64.b64encode(nonce).decode()
        etree.SubElement(element, f"{{{WSU}}}Created").text = created
        return element

    def _sign(
        self, root: etree._Element, security: etree._Element, signed: list[etree._Element]
    ) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding
        from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
        from signxml.signer import XMLSigner

        certificate, key = self._files()
        binary = etree.Element(f"{{{WSSE}}}BinarySecurityToken", ValueType=_X509)
        binary.set("EncodingType", _BASE64)
        binary.text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        security.insert(0, binary)
        ids = [f"id-{secrets.token_hex(16)}" for _ in (*signed, binary)]
        for element, id in zip((*signed, binary), ids, strict=True):
            element.set(f"{{{WSU}}}Id", id)
        is_elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached,
            signature_algorithm="ecdsa-sha256" if is_elliptic else "rsa-sha256",
            digest_algorithm="sha256",
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signature = signer.sign(
            root,
            key=key,
            reference_uri=[f"#{id}" for id in ids],
            key_info=_key_info(ids[-1]),
        )
        security.append(signature)

    def _files(self) -> tuple[Any, Any]:
        """Return certificate and key, read again when a file has changed."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        certificate, key = self._settings.certificate, self._settings.key
        assert certificate is not None  # noqa: S101 - the settings were checked together
        assert key is not None  # noqa: S101
        try:
            stamps = tuple(
                part
                for found in (certificate.stat(), key.stat())
                for part in (found.st_mtime_ns, found.st_size, found.st_ino)
            )
            read = self._read
            if read is None or read[0] != stamps:
                loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
                secret = load_pem_private_key(key.read_bytes(), password=None)
                if loaded.public_key() != secret.public_key():
                    raise ValueError("the key is not that of the certificate")
                read = self._read = (stamps, loaded, secret)
        except (OSError, ValueError, TypeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a PEM pair"
            raise TransientFailure("signing_failed", f"{certificate.name}: {why}") from None
        if read[1].not_valid_after_utc <= self._clock():
            raise TransientFailure("signing_failed", f"{certificate.name}: has expired")
        return read[1], read[2]


def _key_info(id: str) -> etree._Element:
    info = etree.Element(f"{{{DS}}}KeyInfo", nsmap={"ds": DS})
    child = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE})
    etree.SubElement(child, f"{{{WSSE}}}Reference", URI=f"#{id}", ValueType=_X509)
    return info


def _confirmation(security: etree._Element, value: str) -> etree._Element:
    """Add what says which call is answered; a call without a signature has no value."""
    element = etree.SubElement(
        security, f"{{{_WSSE_11}}}SignatureConfirmation", nsmap={"wsse11": _WSSE_11}
    )
    if value:
        element.set("Value", value)
    return element


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
