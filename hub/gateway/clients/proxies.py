"""What a reverse proxy says of the caller: believed from a proxy that has proven itself, only.

A proxy is one of `HUB_PROXY_ADDRESSES` and sends the secret of `HUB_PROXY_SECRET_FILE` in
`X-Hub-Proxy-Secret`. Then the last address of `X-Forwarded-For` is the caller's, the client's
certificate stands in `Client-Cert` (RFC 9440) or `X-Client-Cert` (PEM, percent-encoded, as nginx
has it), and `X-Forwarded-Proto` with `X-Forwarded-Host` are the address that the caller used.
`X-Client-Verify: SUCCESS` says that the proxy has checked who signed the certificate. The same
headers from anybody else mean nothing.
"""

import base64
import hmac
import re
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote

from starlette.requests import Request

from hub.gateway.clients.credentials import LiveSecret, present
from hub.rules.clients.client import Network, is_in

SECRET_HEADER = "x-hub-proxy-secret"  # noqa: S105 - its name
CERTIFICATE = "hub.client_certificate"
"""In a scope's `extensions`: the certificate (DER) that the line itself was opened with."""
LARGEST_CERTIFICATE = 16 * 1024
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """A certificate whose private key the caller has."""

    der: bytes
    verified: bool
    """Whether an authority that is trusted has signed it; an unknown one may say any name."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The reverse proxies that are believed; none by default."""

    networks: tuple[Network, ...] = ()
    secret: LiveSecret = field(default="", repr=False)

    def believes(self, request: Request) -> bool:
        """Return whether the request comes from a proxy that has proven itself."""
        secret = present(self.secret)
        if not secret or not is_in(peer_of(request), self.networks):
            return False
        given = request.headers.getlist(SECRET_HEADER)
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), secret.encode())

    def address_of(self, request: Request) -> str:
        """Return the caller's address."""
        if self.believes(request) and (forwarded := request.headers.getlist("x-forwarded-for")):
            return forwarded[-1].rpartition(",")[2].strip()
        return peer_of(request)

    def certificate_of(self, request: Request) -> PresentedCertificate | None:
        """Return the caller's certificate, None where it showed none."""
        own = request.scope.get("extensions", {}).get(CERTIFICATE)
        if isinstance(own, bytes):
            return PresentedCertificate(own, verified=True)  # else there were no connection
        der = _forwarded(request) if self.believes(request) else None
        if der is None:
            return None
        verified = request.headers.getlist("x-client-verify") == ["SUCCESS"]
        return PresentedCertificate(der, verified=verified)

    def origin(self, request: Request) -> str:
        """Return the address that the caller used, e.g. `https://hub.example.vn`."""
        scheme, host = request.url.scheme, request.headers.get("host", "")
        if self.believes(request):
            scheme = request.headers.get("x-forwarded-proto", scheme)
            host = request.headers.get("x-forwarded-host", host)
        if scheme not in ("http", "https"):
            scheme = request.url.scheme
        if not _HOST.fullmatch(host):  # it will stand in a document: nothing else may get in there
            host = request.url.netloc if _HOST.fullmatch(request.url.netloc) else "localhost"
        return f"{scheme}://{host}"


def peer_of(request: Request) -> str:
    """Return the address of the other end of the line."""
    return request.client.host if request.client else "unknown"


def _forwarded(request: Request) -> bytes | None:
    plain = request.headers.getlist("client-cert")
    pem = request.headers.getlist("x-client-cert")
    if len(plain) + len(pem) != 1 or len((plain + pem)[0]) > LARGEST_CERTIFICATE:
        return None
    try:
        if plain:
            return base64.b64decode(plain[0].strip().strip(":"), validate=True) or None
        return ssl.PEM_cert_to_DER_cert(unquote(pem[0])) or None
    except ValueError:
        return None
