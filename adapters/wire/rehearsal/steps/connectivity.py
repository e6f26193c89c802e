"""How the partner is reached: names, proxy, TLS, certificates. Opens connections and sends nothing.

A certificate that is not trusted is read all the same, over a connection that is closed at once:
who signed it is what a person has to know. Only its names and days are kept.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.wire.connections.addresses import split
from adapters.wire.connections.tls import late_refusal, may_refuse_late
from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import Mark, RehearsalFinding
from hub.rules.failures.errors import DeliveryFailure, TransientFailure
from hub.rules.failures.login_remedies import remedy_of
from hub.texts import Text, both

SOON = timedelta(days=30)
"""A certificate that ends earlier is to be renewed now."""
REFUSED_WITHIN = timedelta(milliseconds=500)
"""With TLS 1.3 a server refuses our certificate after our side of the handshake is over."""


def connect(context: Context, now: datetime) -> Iterator[RehearsalFinding]:
    """Reach every host that the profile names."""
    partner = context.partner
    origins = sorted({split(address)[0] for address in partner.addresses.values()})
    for origin in origins:
        yield from _origin(context, origin, now)


def _origin(context: Context, origin: str, now: datetime) -> Iterator[RehearsalFinding]:
    dialer = context.partner.wires.dialer(origin)
    if not dialer.proxy:
        named = _name(origin)
        yield named
        if named.mark is Mark.ATTENTION:
            context.usable = False
            return
    yield _proxy(origin, dialer.proxy)
    yield from _line(context, origin, dialer, now)


def _name(origin: str) -> RehearsalFinding:
    parts = urlsplit(origin)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return RehearsalFinding(
            "name",
            Mark.ATTENTION,
            both("rehearsal.name_not_resolved_check_dns", host=parts.hostname, why=why),
            stops=True,
        )
    addresses = ", ".join(dict.fromkeys(str(it[4][0]) for it in found))
    text = f"{parts.hostname} → {addresses}"
    return RehearsalFinding("name", Mark.OK, Text(text, text))


def _proxy(origin: str, proxy: str) -> RehearsalFinding:
    if not proxy:
        text = both("rehearsal.proxy_none", origin=origin)
    else:
        text = both("rehearsal.proxy_used", origin=origin, proxy=proxy)
    return RehearsalFinding("proxy", Mark.OK, text)


def _line(context: Context, origin: str, dialer: Any, now: datetime) -> Iterator[RehearsalFinding]:
    step = "tls" if origin.startswith("https") else "proxy"
    try:
        connection = dialer.open()
    except DeliveryFailure as failure:
        context.usable = False
        yield _refused(step, origin, failure)
        if step == "tls":
            yield from _seen(dialer, now)
        return
    try:
        if step == "tls":
            yield from _tls(connection.sock, now)
            if refusal := _late(connection.sock):
                context.usable = False
                yield _refused(step, origin, refusal)
        else:
            mark = Mark.OK if _is_here(origin) else Mark.ATTENTION
            yield RehearsalFinding("tls", mark, both("rehearsal.tls_none", origin=origin))
    finally:
        connection.close()


def _refused(step: str, origin: str, failure: DeliveryFailure) -> RehearsalFinding:
    remedy = remedy_of(failure.code)
    text = both(
        "rehearsal.line_refused",
        origin=origin,
        why=f"{failure.code}: {failure.detail}",
        remedy=remedy or both("rehearsal.check_address"),
    )
    return RehearsalFinding(step, Mark.ATTENTION, text, stops=True)


def _tls(sock: Any, now: datetime) -> Iterator[RehearsalFinding]:
    name, _, bits = sock.cipher() or ("", "", 0)
    spoken = f"{sock.version()}, {name} ({bits} bit)"
    yield RehearsalFinding("tls", Mark.OK, Text(spoken, spoken))
    for certificate in _chain(sock):
        yield _certificate(certificate, now, trusted=True)


def _late(sock: Any) -> DeliveryFailure | None:
    """Wait a moment for a refusal; a server that has let us in says nothing before a request."""
    if not may_refuse_late(sock):
        return None
    sock.settimeout(REFUSED_WITHIN.total_seconds())
    try:
        closed = not sock.recv(1)
    except TimeoutError:
        return None
    except OSError as error:
        return late_refusal(error) or _closed(type(error).__name__)
    return _closed("end of the line") if closed else None


def _closed(how: str) -> TransientFailure:
    return TransientFailure("tls_failed", f"closed right after the handshake ({how})")


def _seen(dialer: Any, now: datetime) -> Iterator[RehearsalFinding]:
    """Yield what a host shows that is not trusted."""
    try:
        connection = dialer.open(unverified=True)
    except (DeliveryFailure, OSError):
        return
    try:
        for certificate in _chain(connection.sock):
            yield _certificate(certificate, now, trusted=False)
    finally:
        connection.close()


def _chain(sock: Any) -> list[x509.Certificate]:
    """Return the certificates from the host's own to the root, at least the host's own.

    Before Python 3.13 the chain can be had only from the object below the socket.
    """
    ders: list[bytes] = []
    for owner in (sock, getattr(sock, "_sslobj", None)):
        for name in ("get_verified_chain", "get_unverified_chain"):
            get = getattr(owner, name, None)
            if get is not None and not ders:
                ders = [_der(it) for it in get() or ()]
    if not ders:
        ders = [sock.getpeercert(binary_form=True)]
    return [x509.load_der_x509_certificate(it) for it in ders if it]


def _der(found: Any) -> bytes:
    if isinstance(found, bytes):
        return found
    pem: str = found.public_bytes()
    return ssl.PEM_cert_to_DER_cert(pem)


def _certificate(found: x509.Certificate, now: datetime, *, trusted: bool) -> RehearsalFinding:
    until = found.not_valid_after_utc
    left = (until - now.astimezone(UTC)).days
    names = f"{found.subject.rfc4514_string()} ← {found.issuer.rfc4514_string()}"
    mark = Mark.OK if trusted and until - now > SOON else Mark.ATTENTION
    text = both(
        "rehearsal.certificate_trusted" if trusted else "rehearsal.certificate_not_trusted",
        names=names,
        days=left,
        until=f"{until:%d/%m/%Y}",
        print=found.fingerprint(SHA256()).hex(),
    )
    return RehearsalFinding("tls", mark, text)


def _is_here(origin: str) -> bool:
    return urlsplit(origin).hostname in {"127.0.0.1", "::1", "localhost"}
