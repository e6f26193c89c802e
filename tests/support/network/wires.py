"""Connections of a wire to servers of a test, and what comes of calls over them."""

from datetime import timedelta

import pytest

from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Proxy, Tls
from hub.rules.failures.errors import FAULTS, TransientFailure
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import TlsServer

TIMEOUTS = Limits(connect_timeout=timedelta(seconds=20), reply_timeout=timedelta(seconds=20))


def wire_to(server: TlsServer, tls: Tls, proxy: Proxy | None = None, scheme: str = "https") -> Wire:
    """Return connections to the server."""
    address = f"{scheme}://127.0.0.1:{server.port}"
    dialer = Dialer(address, timeout=TIMEOUTS.connect_timeout, tls=tls, proxy=proxy)
    return Wire(address, limits=TIMEOUTS, dialer=dialer)


def called(wire: Wire, times: int = 1) -> list[bytes]:
    """Make calls and return their replies."""
    try:
        return [
            wire.call(
                "POST", "/x", body=b"x", headers={"X-Request-Id": "m"}, echo="X-Request-Id"
            ).body
            for _ in range(times)
        ]
    finally:
        wire.close()


def refused(wire: Wire) -> TransientFailure:
    """Make a call that fails before its first byte; return how."""
    with pytest.raises(TransientFailure) as caught:
        called(wire)
    assert caught.value.code in FAULTS
    return caught.value


def showing(own: Pair, authority: Authority) -> Tls:
    """Return the trust in an authority, with a certificate of the hub's own."""
    return Tls(
        ca_file=str(authority.root),
        client_certificate=str(own.certificate),
        client_key=str(own.key),
    )
