"""Sends one event over HTTP: bounded in time and size, no redirect, to no forbidden address.

Each call resolves the name anew, has every address of it judged (`hub/rules/webhooks/targets.py`),
and connects to a judged one: a name that changes between the look and the call changes nothing.
No proxy is used: behind one the hub could not judge where the call goes.
"""

import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection

from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Tls
from adapters.wire.replies import evidenced, expect_success
from hub.rules.clients.client import Network
from hub.rules.failures.errors import NotAttempted, TransientFailure
from hub.rules.webhooks import targets

LIMITS = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=15),
    reply_bytes=64 * 1024,
    connections=1,
)


class _CheckedDialer(Dialer):
    """Connects to one judged address of a host, under the host's name."""

    def __init__(self, origin: str, address: str, *, timeout: timedelta, tls: Tls) -> None:
        super().__init__(origin, timeout=timeout, tls=tls)
        self._address = address

    def _made(self, *, unverified: bool = False) -> HTTPConnection:  # noqa: ARG002
        context = self._contexts.value() if self._contexts else None
        if context is None:
            return HTTPConnection(self._address, self._port, timeout=self._timeout)
        return HTTPSConnection(
            self._address,
            self._port,
            timeout=self._timeout,
            ssl_context=context,
            server_hostname=self._host,
        )


class HttpSender:
    """Sends events to any address that is allowed; threads share it."""

    def __init__(
        self, *, allowed: Sequence[Network] = (), ca_file: str = "", limits: Limits = LIMITS
    ) -> None:
        """`allowed`: networks inside that may be called; `ca_file`: who may sign a receiver's
        certificate; "": the system's roots."""
        self._allowed = tuple(allowed)
        self._tls = Tls(ca_file=ca_file)
        self._limits = limits

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> None:
        """Make exactly one call, see the port. Raises DeliveryFailure."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        try:
            targets.check_url(url)
        except targets.NotATarget as error:
            raise NotAttempted("webhook_address", str(error)) from None
        address = self._checked_address(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        )
        try:
            dialer = _CheckedDialer(
                origin, address, timeout=self._limits.connect_timeout, tls=self._tls
            )
        except OSError as error:
            raise TransientFailure("tls_failed", type(error).__name__) from None
        wire = Wire(origin, limits=self._limits, dialer=dialer)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fields = {"Content-Type": "application/json", **headers}
        reply = wire.call("POST", target, body=body, headers=fields)
        with evidenced(reply):
            expect_success(reply)

    def close(self) -> None:
        """Hold nothing: each call has a connection of its own."""

    def _checked_address(self, host: str, port: int) -> str:
        """Return the address to connect to; raises NotAttempted where one may not be called."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise TransientFailure("partner_unreachable", type(error).__name__) from None
        addresses = list(dict.fromkeys(str(it[4][0]) for it in found))
        if wrong := targets.forbidden(addresses, self._allowed):
            raise NotAttempted("webhook_address", f"{wrong} is not allowed")
        return addresses[0]
