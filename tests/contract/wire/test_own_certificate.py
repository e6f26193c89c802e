"""The hub's own certificate: shown where a partner demands one, renewed without a restart."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.wire.profile import Proxy, Tls
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import (
    HttpProxy,
    TlsServer,
    server_context,
    tls_server,
)
from tests.support.network.wires import called, refused, showing, wire_to


def test_the_hub_shows_its_own_certificate(good: Pair, authority: Authority) -> None:
    """A partner that asks for it gets the one of the profile."""
    own = authority.pair("ward", host="ward.example")
    context = server_context(good, clients_of=authority)
    tls = showing(own, authority)
    with tls_server(context) as server:
        assert called(wire_to(server, tls)) == [b"ok"]
        assert server.names == ["ward"]


def test_a_partner_that_lacks_our_certificate_gets_nothing(
    good: Pair, authority: Authority, trusting: Tls
) -> None:
    """With TLS 1.2, where it says so before the first byte of a request."""
    context = server_context(good, clients_of=authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls_server(context) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("tls_failed", [])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_refused_certificate_of_ours_is_certainly_no_effect(
    good: Pair, authority: Authority, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """The partner trusts another authority: told by TLS 1.3 only in the place of the reply."""
    other = Authority(tmp_path, "The partner's authority")
    own = authority.pair("ward", host="ward.example")
    context = server_context(good, clients_of=other)
    context.minimum_version = context.maximum_version = version
    tls = showing(own, authority)
    with tls_server(context) as server:
        failure = refused(wire_to(server, tls))
        assert (failure.code, server.calls) == ("certificate_refused", [])


def test_a_missing_certificate_of_ours_is_named_by_tls_13(
    good: Pair, authority: Authority, trusting: Tls
) -> None:
    """The refusal stands where the reply is awaited, and is no dropped reply: nothing was done."""
    context = server_context(good, clients_of=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tls_server(context) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("certificate_refused", [])
        assert "CERTIFICATE_REQUIRED" in failure.detail


@pytest.mark.usefixtures("checked_always")
def test_a_renewed_certificate_of_ours_is_shown_by_the_next_connection(
    good: Pair, authority: Authority
) -> None:
    """Without a restart; a certificate whose key has not come yet changes nothing."""
    own = authority.pair("first", host="ward.example")
    renewed = authority.pair("second", host="ward.example")
    context = server_context(good, clients_of=authority)
    tls = showing(own, authority)
    with tls_server(context) as server:
        wire = wire_to(server, tls)
        calls = [wire.call("GET", "/").body]
        own.certificate.write_bytes(renewed.certificate.read_bytes())
        calls.append(wire.call("GET", "/").body)
        own.key.write_bytes(renewed.key.read_bytes())
        calls.append(wire.call("GET", "/").body)
        wire.close()
        assert calls == [b"ok"] * 3
        assert server.names == ["first", "first", "second"]


def test_a_foreign_server_that_demands_a_certificate_gets_the_hubs(
    good: Pair, authority: Authority, trusting: Tls, proxy: HttpProxy
) -> None:
    """openssl's own server, through a proxy: with the certificate a page, without it no effect."""
    own = authority.pair("ward", host="ward.example")
    tls = showing(own, authority)
    with openssl_server(good, authority) as port:
        server = TlsServer(port)
        page = wire_to(server, tls, Proxy(url=proxy.url)).call("GET", "/").body
        failure = refused(wire_to(server, trusting, Proxy(url=proxy.url)))
    assert own.certificate.read_bytes().strip() in page
    assert failure.code == "certificate_refused"


@contextmanager
def openssl_server(pair: Pair, authority: Authority) -> Iterator[int]:
    """Run `openssl s_server` that demands certificates of the authority; yield its port."""
    if shutil.which("openssl") is None:
        raise MissingProgram("openssl", "openssl")
    port = loopback.free_port()
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-Verify", "1"]
    command += ["-verify_return_error", "-CAfile", str(authority.root)]
    command += ["-cert", str(pair.certificate), "-key", str(pair.key)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and b"ACCEPT" not in line:
            pass
        assert line
        yield port
    finally:
        process.kill()
        process.communicate()
