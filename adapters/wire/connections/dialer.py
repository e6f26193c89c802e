"""Opens connections to one host of a partner, directly or through a proxy, with or without TLS.

Promises that whatever goes wrong here is a TransientFailure that names its cause: no byte of a
request has left. urllib3 resolves names and tries a host's addresses in turn. A renewed
certificate, authority or password of the proxy is used by the connections that follow.
"""

import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from adapters.wire.connections import proxy as proxies
from adapters.wire.connections.tls import context_of, failure_of, unverified_context
from adapters.wire.profile import Profile, Proxy, Tls
from hub.rules.failures.errors import TransientFailure
from hub.runtime.watched_files import WatchedFiles

_PORTS = {"http": 80, "https": 443}


class _Tunnelled(HTTPSConnection):
    """Through a proxy, with an answer of the proxy that is bounded and named."""

    login: Mapping[str, str] = {}
    """Header fields for the proxy."""

    def _tunnel(self) -> None:
        host, port = self._tunnel_host or "", self._tunnel_port or 443
        named = f"[{host}]" if ":" in host else host
        proxies.connect(self.sock, f"{named}:{port}", self.login)


class Dialer:
    """Opens connections to where one address points; `open` may run in many threads."""

    def __init__(
        self,
        address: str,
        *,
        timeout: timedelta,
        tls: Tls | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """`address` is http(s)://host[:port]; `timeout` bounds each step of connecting.

        Raises ValueError for an address or a proxy that cannot be used, OSError for a file.
        """
        parts = urlsplit(address)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("a partner's address is http(s)://host[:port][/path]")
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._timeout = timeout.total_seconds()
        self._ways = _watched_way(proxy or Proxy(url="off"), parts)
        self._contexts = _watched_context(tls or Tls()) if parts.scheme == "https" else None
        self.host_field = _authority(parts)
        """The value of the header field Host."""
        way = self._ways.value()
        self._forwarded = way is not None and self._contexts is None
        self.target_prefix = f"http://{self.host_field}" if self._forwarded else ""
        """What stands before the path of a request: a proxy without a tunnel wants all of it."""
        self.proxy = f"{way.host}:{way.port}" if way else ""
        """Host and port of the proxy, "" where the host is called directly."""

    @classmethod
    def of(cls, address: str, profile: Profile, *, timeout: timedelta) -> "Dialer":
        """Return the dialer for an address of the partner that has this profile."""
        return cls(address, timeout=timeout, tls=profile.tls, proxy=profile.proxy)

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields of every request, for a proxy without a tunnel."""
        way = self._ways.value()
        return way.headers if way and self._forwarded else {}

    def open(self, *, unverified: bool = False) -> HTTPConnection:
        """Return a connection; raises TransientFailure.

        `unverified`: to read a certificate that is not trusted. Nothing may be sent over it.
        """
        connection = self._made(unverified=unverified)
        try:
            connection.connect()
        except proxies.ProxyRefused as error:
            raise self._failed(connection, f"the proxy answered CONNECT with {error}") from None
        except ssl.SSLError as error:
            connection.close()
            raise failure_of(error) from None
        except (HTTPError, OSError) as error:
            kind = type(error).__name__
            place = "the proxy: " if self.proxy else ""
            raise self._failed(connection, place + kind) from None
        return connection

    def _failed(self, connection: HTTPConnection, detail: str) -> TransientFailure:
        connection.close()
        return TransientFailure("partner_unreachable", detail)

    def _made(self, *, unverified: bool = False) -> HTTPConnection:
        way = self._ways.value()
        context = self._contexts.value() if self._contexts else None
        if context is not None and unverified:
            context = unverified_context()
        host, port = (way.host, way.port) if way else (self._host, self._port)
        if context is None:
            return HTTPConnection(host, port, timeout=self._timeout)
        if way is None:
            return HTTPSConnection(host, port, timeout=self._timeout, ssl_context=context)
        made = _Tunnelled(host, port, timeout=self._timeout, ssl_context=context)
        made.login = way.headers
        made.set_tunnel(self._host, self._port, scheme="http")
        return made


def _watched_way(proxy: Proxy, target: SplitResult) -> WatchedFiles[proxies.Way | None]:
    files = [Path(proxy.password_file)] if proxy.password_file else []
    return WatchedFiles(files, lambda: proxies.way_to(proxy, target))


def _watched_context(tls: Tls) -> WatchedFiles[ssl.SSLContext]:
    files = [Path(name) for name in (tls.ca_file, tls.client_certificate, tls.client_key) if name]
    return WatchedFiles(files, lambda: context_of(tls))


def _authority(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]
