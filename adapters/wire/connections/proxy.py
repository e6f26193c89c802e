"""Which HTTP proxy a partner is called through, and what is said to it.

`environment` in a profile means what other programs do: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in
capitals or not. One exception: a proxy on another machine cannot reach this machine's loopback
address, so that is called directly.
"""

import base64
import socket
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from adapters.wire.profile import Proxy
from hub.texts import text

LARGEST_ANSWER = 16_384
"""Most bytes of what a proxy answers to CONNECT."""


class ProxyRefused(OSError):
    """The proxy did not make the connection; the text is its status, or why there is none."""


@dataclass(frozen=True, slots=True)
class Way:
    """A proxy, and how the hub shows who it is."""

    host: str
    port: int
    login: str = field(default="", repr=False)
    """The value of Proxy-Authorization, "" without a user."""

    @property
    def headers(self) -> dict[str, str]:
        """The header fields for the proxy."""
        return {"Proxy-Authorization": self.login} if self.login else {}


def way_to(proxy: Proxy, target: SplitResult) -> Way | None:
    """Return the proxy for an address, None to call it directly; raises ValueError, naming it."""
    if proxy.url == "off":
        return None
    if proxy.url != "environment":
        password = ""
        if proxy.password_file:
            password = Path(proxy.password_file).read_text(encoding="utf-8").strip()
        return _way(proxy.url, "proxy.url", password)
    host = target.hostname or ""
    found = urllib.request.getproxies().get(target.scheme, "")
    if not found or urllib.request.proxy_bypass(host):
        return None
    way = _way(found, f"{target.scheme.upper()}_PROXY")
    return None if _is_here(host) and not _is_here(way.host) else way


def check_proxy(proxy: Proxy, address: str) -> None:
    """Raise ValueError, naming the setting, where the proxy to an address cannot be used."""
    if address:
        way_to(proxy, urlsplit(address))


def connect(sock: socket.socket, authority: str, headers: Mapping[str, str]) -> None:
    """Have the proxy connect to `authority`, host:port; raises ProxyRefused or OSError."""
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        # Byte by byte: what comes behind the answer belongs to the partner.
        piece = sock.recv(1)
        if not piece or len(answer) >= LARGEST_ANSWER:
            raise ProxyRefused("no answer of HTTP")
        answer += piece
    version, _, rest = answer.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not status.isdigit():
        raise ProxyRefused("no answer of HTTP")
    if not status.startswith("2"):
        raise ProxyRefused(f"HTTP {status}")


def _way(url: str, name: str, password: str = "") -> Way:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        form = text("settings_problems.proxy_form")
        raise ValueError(f"{name}: {form}")
    login = ""
    if parts.username:
        secret = password or unquote(parts.password or "")
        word = f"{unquote(parts.username)}:{secret}".encode()
        login = f"Basic {base64.b64encode(word).decode()}"
    return Way(parts.hostname, parts.port or 80, login)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
