"""Calls to a provider of identities: one bounded request each, answered by a JSON object.

They travel as calls to partners do: authorities, proxy and time limits of the settings, no
redirect, never repeated. Only TLS, but on this machine itself.
"""

import ipaddress
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Proxy, Tls
from adapters.wire.reading.reply import Reply
from hub.ports import Clock
from hub.rules.failures.errors import DeliveryFailure
from hub.rules.users.identities import IdentityRefusal, IdentityRefused

LIMITS = Limits(
    connect_timeout=timedelta(seconds=3),
    reply_timeout=timedelta(seconds=7),
    reply_bytes=256 * 1024,
    connections=1,
)
LONGEST_ADDRESS = 2000


class Calls:
    """Makes the calls; threads share it."""

    def __init__(self, *, ca_file: str = "", proxy: str = "environment", limits: Limits = LIMITS):
        """`ca_file`: authorities of the provider's certificate, "": the system's."""
        self._tls, self._proxy, self._limits = Tls(ca_file=ca_file), Proxy(url=proxy), limits

    def get(self, address: str) -> Mapping[str, Any]:
        """Return the JSON object at an address. Raises IdentityRefused."""
        return self._get(address)[1]

    def get_timed(
        self, address: str, *, clock: Clock
    ) -> tuple[Mapping[str, Any], timedelta | None]:
        """Return the same, and by how much the server's clock is ahead; None: it does not tell."""
        sent = clock()
        reply, found = self._get(address)
        return found, reply.clock_ahead(sent=sent, received=clock())

    def _get(self, address: str) -> tuple[Reply, Mapping[str, Any]]:
        reply, found = self._call("GET", address)
        if reply.status != 200:
            raise IdentityRefused(_kind_of(reply.status), f"{_host(address)}: HTTP {reply.status}")
        return reply, found

    def post(
        self, address: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any]]:
        """Send a form; return status and the JSON object of the answer. Raises IdentityRefused."""
        media = {"Content-Type": "application/x-www-form-urlencoded"}
        reply, found = self._call("POST", address, urlencode(fields).encode(), {**media, **headers})
        return reply.status, found

    def _call(
        self, method: str, address: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[Reply, Mapping[str, Any]]:
        parts = urlsplit(checked_address(address))
        origin = f"{parts.scheme}://{parts.netloc}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            dialer = Dialer(
                origin, timeout=self._limits.connect_timeout, tls=self._tls, proxy=self._proxy
            )
            wire = Wire(origin, limits=self._limits, dialer=dialer)
            reply = wire.call(
                method, target, body=body, headers={"Accept": "application/json", **(headers or {})}
            )
        except DeliveryFailure as error:
            raise IdentityRefused(
                IdentityRefusal.PROVIDER_AWAY, f"{_host(address)}: {error.code}"
            ) from None
        except (OSError, ValueError) as error:
            detail = f"{_host(address)}: {type(error).__name__}"
            raise IdentityRefused(IdentityRefusal.PROVIDER_AWAY, detail) from None
        return reply, _object(reply.status, reply.body, address)


def checked_address(address: object) -> str:
    """Return an address that may be called: https, or http on this machine; no user, no fragment.

    Raises IdentityRefused.
    """
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS:
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "no address")
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "no address") from None
    plain = parts.scheme == "http" and is_this_machine(host)
    odd = any(letter <= " " or letter > "~" for letter in address) or not host
    if odd or parts.username or parts.fragment or not (parts.scheme == "https" or plain):
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, f"{host[:100]!r}: no https address")
    return address


def is_this_machine(host: str) -> bool:
    """Return whether a host name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _object(status: int, body: bytes, address: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise IdentityRefused(_kind_of(status), f"{_host(address)}: HTTP {status}, no JSON object")
    return found


def _kind_of(status: int) -> IdentityRefusal:
    return (
        IdentityRefusal.PROVIDER_AWAY
        if status >= 500 or status == 429
        else IdentityRefusal.PROVIDER_ANSWER
    )


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "")[:100]
