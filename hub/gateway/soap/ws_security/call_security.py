"""The WS-Security of one call: who calls, and what of the message may be believed.

The reader of the envelope asks at the operation's element, before anything of it is kept. A
UsernameToken is checked then, and the call goes on as it comes. A signature needs the whole
envelope: it is held in memory up to `WHOLE_MOST`, verified, and what was signed is read anew. One
signature at a time is verified, and few envelopes are held, so that memory has a bound.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.soap import messages
from hub.gateway.soap.names import Version
from hub.gateway.soap.ws_security import freshness, names, proof, security_header
from hub.gateway.soap.ws_security.refusal import refused
from hub.gateway.soap.ws_security.security_header import SecurityHeader
from hub.ports import Clock
from hub.rules.clients.client import Client
from hub.store.clients.key_file import KeyFile
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store

WHOLE_MOST = 8 * 1024 * 1024
"""Bytes of a signed envelope."""
WHOLE_AT_ONCE = 8
"""Signed envelopes that one process holds."""


class MessageSecurity:
    """What the calls of one application share."""

    def __init__(
        self, store: Store, keys: KeyFile | None, *, trust: CertificateTrust, clock: Clock
    ) -> None:
        self.store = store
        self.keys = keys
        self.trust = trust
        self.clock = clock
        self.room = threading.BoundedSemaphore(WHOLE_AT_ONCE)
        self.verifying = threading.Lock()


@dataclass(slots=True)
class CallSecurity:
    """Belongs to one call; used by the one thread that reads it."""

    shared: MessageSecurity
    is_tls: bool
    known: Client | None
    """The client that the HTTP request proved, None where it proved none."""
    proven: Callable[[Holder, bool], None]
    """Called with the client that the message proved, and whether that signed it; raises
    CallerRefused."""
    _header: SecurityHeader | None = None
    _version: Version = Version.SOAP_11
    _claimed: Holder | None = None
    """The client whose certificate the message names."""
    _holds_room: bool = False

    @property
    def names_client(self) -> bool:
        """Whether the message names a certificate of a client, proven or not."""
        return self._claimed is not None

    @property
    def signature_value(self) -> str:
        """The value of the call's signature, "" for a call without one."""
        signature = self._header.signature if self._header else None
        value = None if signature is None else signature.findtext(names.ds("SignatureValue"))
        return "".join((value or "").split())

    def begins(self, header: etree._Element | None, version: Version) -> bool:
        """Check the header of a call; return whether its envelope must be kept whole.

        Raises RefusedCall, and CallerRefused `token` where nothing proves a client.
        """
        self._version = version
        security = security_header.find(header)
        if security is not None and not messages.is_for_us(security, version):
            security = None
        if header is not None:
            messages.check_header(header, version)
        read = None if security is None else security_header.read(security)
        if self.known is None and (read is None or not read.is_proof):
            raise CallerRefused("token")
        is_signed = read is not None and read.signature is not None
        if self.known is not None and self.known.must_sign and not is_signed:
            raise CallerRefused("signature_required")
        if read is None:
            return False
        now = self.shared.clock()
        if read.timestamp is not None:
            created, expires = read.timestamp.created, read.timestamp.expires
            freshness.check(created, expires, now=now, where="Timestamp")
        self._header = read
        if read.signature is None:
            self._check_token(now)
            return False
        if read.timestamp is None:
            why = "a signed call has a Timestamp, which is signed"
            raise refused("security_header_invalid", "Timestamp", why)
        shared = self.shared
        self._claimed = proof.holder_of_certificate(
            shared.store, read.certificate, trust=shared.trust, now=now
        )
        self._same(self._claimed)
        self._reserve_room()
        return True

    def verified(self, whole: bytes, encoding: str | None) -> bytes:
        """Return an envelope of what was signed; raises RefusedCall and CallerRefused."""
        from hub.gateway.soap.ws_security import signature  # loaded with the first signed call

        assert self._header is not None  # noqa: S101 - `begins` said so
        assert self._claimed is not None  # noqa: S101
        certificate = signature.certificate_of(self._header.certificate)
        now = self.shared.clock()
        with self.shared.verifying:
            root = signature.parse(whole, encoding=encoding)
            signed = signature.verify(root, self._version, certificate, now=now)
        timestamp = signed.timestamp
        freshness.check(timestamp.created, timestamp.expires, now=now, where="Timestamp")
        where = "Signature"
        proof.burn(self.shared.store, self._claimed, signed.identity, where=where, now=now)
        self._check_token(now)
        self._prove(self._claimed)
        tag = f'<s:Envelope xmlns:s="{self._version.value}">'
        return tag.encode() + signed.body + b"</s:Envelope>"

    def end(self) -> None:
        """Give back what the call holds; may be called twice."""
        if self._holds_room:
            self._holds_room = False
            self.shared.room.release()

    def _check_token(self, now: datetime) -> None:
        token = self._header.token if self._header else None
        if token is not None:
            shared = self.shared
            self._prove(
                proof.holder_of_token(shared.store, shared.keys, token, is_tls=self.is_tls, now=now)
            )

    def _prove(self, holder: Holder) -> None:
        self._same(holder)
        if self.known is None:
            self.proven(holder, self._claimed is not None)
            self.known = holder.client

    def _same(self, holder: Holder) -> None:
        if self.known is not None and holder.client.id != self.known.id:
            why = "the proofs of this call are those of different clients"
            raise refused("security_failed", "", why)

    def _reserve_room(self) -> None:
        if not self.shared.room.acquire(blocking=False):
            why = f"{WHOLE_AT_ONCE} signed calls are being read"
            raise RefusedCall("signatures_busy", where="Header/Security", why=why)
        self._holds_room = True
