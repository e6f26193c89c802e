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
from hub.rules.failures.access_remedies import remedy_of
from hub.rules.failures.errors import DeliveryFailure, TransientFailure

SOON = timedelta(days=30)
"""A certificate that ends earlier is to be renewed now."""
REFUSED_WITHIN = timedelta(milliseconds=500)
"""With TLS 1.3 a server refuses our certificate after our side of the handshake is over."""


def reach(context: Context, now: datetime) -> Iterator[RehearsalFinding]:
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
            f"{parts.hostname}: không phân giải được ({why}). Kiểm tra DNS hoặc địa chỉ.",
            f"{parts.hostname}: not resolved. Check DNS or the address.",
            stops=True,
        )
    addresses = ", ".join(dict.fromkeys(str(it[4][0]) for it in found))
    text = f"{parts.hostname} → {addresses}"
    return RehearsalFinding("name", Mark.OK, text, text)


def _proxy(origin: str, proxy: str) -> RehearsalFinding:
    if not proxy:
        vi, en = f"{origin}: gọi trực tiếp", f"{origin}: called directly"
    else:
        vi, en = f"{origin}: qua {proxy}", f"{origin}: through {proxy}"
    return RehearsalFinding("proxy", Mark.OK, vi, en)


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
            vi, en = "không mã hóa (http): chỉ để thử", "not encrypted (http): for tests only"
            here = _is_here(origin)
            yield RehearsalFinding(
                "tls", Mark.OK if here else Mark.ATTENTION, f"{origin}: {vi}", en
            )
    finally:
        connection.close()


def _refused(step: str, origin: str, failure: DeliveryFailure) -> RehearsalFinding:
    remedy = remedy_of(failure.code)
    said = f"{failure.code}: {failure.detail}"
    vi, en = (remedy.vi, remedy.en) if remedy else ("Kiểm tra địa chỉ, tường lửa.", "Check it.")
    return RehearsalFinding(
        step, Mark.ATTENTION, f"{origin}: {said}. {vi}", f"{said}. {en}", stops=True
    )


def _tls(sock: Any, now: datetime) -> Iterator[RehearsalFinding]:
    name, _, bits = sock.cipher() or ("", "", 0)
    spoken = f"{sock.version()}, {name} ({bits} bit)"
    yield RehearsalFinding("tls", Mark.OK, spoken, spoken)
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
    if trusted:
        vi, en = "tin cậy", "trusted"
    else:
        print_ = found.fingerprint(SHA256()).hex()
        vi, en = f"CHƯA tin cậy, SHA-256 {print_}", f"NOT trusted, SHA-256 {print_}"
    return RehearsalFinding(
        "tls",
        mark,
        f"{names}; còn {left} ngày (đến {until:%d/%m/%Y}); {vi}",
        f"{names}; {left} days left (until {until:%Y-%m-%d}); {en}",
    )


def _is_here(origin: str) -> bool:
    return urlsplit(origin).hostname in {"127.0.0.1", "::1", "localhost"}
