"""TLS and proxies on real sockets: four different findings, and calls that pass a proxy whole."""

import base64
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.wire.connections import Dialer
from adapters.wire.download import download
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Proxy, Tls
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from hub.rules.failures.errors import FAULTS, TransientFailure
from hub.runtime import watched_files
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import (
    HttpProxy,
    TlsServer,
    http_proxy,
    server_context,
    tls_server,
)

TIMEOUTS = Limits(connect_timeout=timedelta(seconds=20), reply_timeout=timedelta(seconds=20))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> Pair:
    return authority.pair("partner")


@pytest.fixture
def trusting(authority: Authority) -> Tls:
    return Tls(ca_file=str(authority.root))


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    with http_proxy() as found:
        yield found


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


def test_a_partner_with_a_trusted_certificate_is_called(good: Pair, trusting: Tls) -> None:
    """Calls share a connection."""
    with tls_server(server_context(good)) as server:
        assert called(wire_to(server, trusting), 3) == [b"ok"] * 3
        assert server.connections == 1


def test_the_partners_own_certificate_may_be_the_trusted_one(good: Pair) -> None:
    """Where its authority is nobody that can be asked."""
    with tls_server(server_context(good)) as server:
        assert called(wire_to(server, Tls(ca_file=str(good.certificate)))) == [b"ok"]


def test_an_expired_certificate_has_its_own_finding(authority: Authority, trusting: Tls) -> None:
    """The partner has to renew it."""
    pair = authority.pair("expired", ends=-timedelta(days=1))
    with tls_server(server_context(pair)) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("certificate_expired", [])


def test_a_certificate_of_an_unknown_authority_has_its_own_finding(
    good: Pair, tmp_path: Path
) -> None:
    """The authority's file is missing here."""
    other = Authority(tmp_path, "Another authority")
    with tls_server(server_context(good)) as server:
        for tls in (Tls(), Tls(ca_file=str(other.root))):
            failure = refused(wire_to(server, tls))
            assert (failure.code, server.calls) == ("certificate_unknown", [])


def test_a_certificate_of_another_name_has_its_own_finding(
    authority: Authority, trusting: Tls
) -> None:
    """The address is wrong, or another machine answers."""
    for host in ("province.example", "127.0.0.2"):
        with tls_server(server_context(authority.pair(f"of-{host}", host=host))) as server:
            failure = refused(wire_to(server, trusting))
            assert (failure.code, server.calls) == ("certificate_name", [])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("offered", "minimum"),
    [
        (ssl.TLSVersion.TLSv1, "1.2"),
        (ssl.TLSVersion.TLSv1_1, "1.2"),
        (ssl.TLSVersion.TLSv1_2, "1.3"),
    ],
)
def test_outdated_tls_has_its_own_finding(
    good: Pair, authority: Authority, offered: ssl.TLSVersion, minimum: str
) -> None:
    """The partner has to turn a newer version on."""
    context = server_context(good)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = offered
    tls = Tls(ca_file=str(authority.root), minimum=minimum)  # type: ignore[arg-type]
    with tls_server(context) as server:
        failure = refused(wire_to(server, tls))
        assert (failure.code, server.calls) == ("tls_outdated", [])


def test_a_port_that_speaks_no_tls_is_named(trusting: Tls) -> None:
    """An https address of an http port."""
    with tls_server(None) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("tls_failed", [])


def test_the_hub_shows_its_own_certificate(good: Pair, authority: Authority) -> None:
    """A partner that asks for it gets the one of the profile."""
    own = authority.pair("ward", host="ward.example")
    context = server_context(good)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
    tls = Tls(
        ca_file=str(authority.root),
        client_certificate=str(own.certificate),
        client_key=str(own.key),
    )
    with tls_server(context) as server:
        assert called(wire_to(server, tls)) == [b"ok"]
        assert server.names == ["ward"]


def test_a_partner_that_lacks_our_certificate_gets_nothing(
    good: Pair, authority: Authority, trusting: Tls
) -> None:
    """With TLS 1.2, where it says so before the first byte of a request."""
    context = server_context(good)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
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
    context = server_context(good)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(other.root)
    tls = Tls(
        ca_file=str(authority.root),
        client_certificate=str(own.certificate),
        client_key=str(own.key),
    )
    with tls_server(context) as server:
        failure = refused(wire_to(server, tls))
        assert (failure.code, server.calls) == ("certificate_refused", [])


def test_a_missing_certificate_of_ours_is_named_by_tls_13(
    good: Pair, authority: Authority, trusting: Tls
) -> None:
    """The refusal stands where the reply is awaited, and is no dropped reply: nothing was done."""
    context = server_context(good)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
    with tls_server(context) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("certificate_refused", [])
        assert "CERTIFICATE_REQUIRED" in failure.detail


def test_an_encrypted_line_passes_a_proxy_as_a_tunnel(
    good: Pair, trusting: Tls, proxy: HttpProxy
) -> None:
    """The proxy sees the host and nothing else; the connection is kept as any other."""
    with tls_server(server_context(good)) as server:
        assert called(wire_to(server, trusting, Proxy(url=proxy.url)), 3) == [b"ok"] * 3
        assert server.connections == 1
    (head,) = proxy.requests
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())


def test_a_call_without_tls_passes_a_proxy_with_its_whole_address(proxy: HttpProxy) -> None:
    """As a proxy expects where there is no tunnel; a password goes to the proxy alone."""
    with tls_server(None) as server:
        assert called(wire_to(server, Tls(), Proxy(url=proxy.url), "http")) == [b"ok"]
        assert server.calls == ["POST /x HTTP/1.1"]
    assert proxy.requests[0].startswith(f"POST http://127.0.0.1:{server.port}/x ".encode())


def test_a_download_passes_the_proxy_too(good: Pair, trusting: Tls, proxy: HttpProxy) -> None:
    """Files come the same way as replies."""
    with tls_server(server_context(good)) as server:
        address = f"https://127.0.0.1:{server.port}"
        dialer = Dialer(
            address,
            timeout=TIMEOUTS.connect_timeout,
            tls=trusting,
            proxy=Proxy(url=proxy.url),
        )
        with download(address, "/file", {}, TIMEOUTS, limit=10, dialer=dialer) as stream:
            assert (stream.status, stream.read()) == (200, b"ok")
    assert len(proxy.requests) == 1


def test_a_proxy_gets_the_user_of_the_profile(
    good: Pair, trusting: Tls, proxy: HttpProxy, tmp_path: Path
) -> None:
    """With the password out of a file."""
    (tmp_path / "password").write_text("made-up\n")
    given = Proxy(
        url=proxy.url.replace("http://", "http://ward@"), password_file=str(tmp_path / "password")
    )
    with tls_server(server_context(good)) as server:
        called(wire_to(server, trusting, given))
    assert b"Proxy-Authorization: Basic d2FyZDptYWRlLXVw" in proxy.requests[0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP 407"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n", "HTTP 503"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no answer of HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000, "no answer of HTTP"),
    ],
)
def test_a_proxy_that_refuses_is_certainly_no_effect(
    good: Pair, trusting: Tls, proxy: HttpProxy, answer: bytes, told: str
) -> None:
    """Before the first byte: it is named, and the call is made again later."""
    proxy.refuses = answer
    with tls_server(server_context(good)) as server:
        failure = refused(wire_to(server, trusting, Proxy(url=proxy.url)))
        assert (failure.code, server.calls) == ("partner_unreachable", [])
    assert "proxy" in failure.detail
    assert told in failure.detail


def test_a_proxy_that_is_away_is_named(good: Pair, trusting: Tls) -> None:
    """Not the partner is away."""
    with http_proxy() as proxy:
        url = proxy.url
    with tls_server(server_context(good)) as server:
        failure = refused(wire_to(server, trusting, Proxy(url=url)))
    assert failure.code == "partner_unreachable"
    assert failure.detail.startswith("the proxy: ")


@pytest.mark.parametrize(
    ("variables", "scheme", "passes"),
    [
        ({"HTTPS_PROXY": "{proxy}"}, "https", True),
        ({"https_proxy": "{proxy}"}, "https", True),
        ({"HTTPS_PROXY": "{place}"}, "https", True),
        ({"HTTP_PROXY": "{proxy}"}, "https", False),
        ({"http_proxy": "{proxy}"}, "http", True),
        ({"HTTPS_PROXY": "{proxy}", "NO_PROXY": "127.0.0.1"}, "https", False),
        ({"HTTPS_PROXY": "{proxy}", "no_proxy": "*"}, "https", False),
        ({"HTTPS_PROXY": "{proxy}", "NO_PROXY": "other.example"}, "https", True),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, "https", False),
    ],
)
def test_the_environment_says_the_proxy(
    good: Pair,
    trusting: Tls,
    proxy: HttpProxy,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    scheme: str,
    passes: bool,
) -> None:
    """As for other programs; a proxy elsewhere cannot reach this machine's loopback address."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, text in variables.items():
        value = text.format(proxy=proxy.url, place=f"127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name, value)
    context = server_context(good) if scheme == "https" else None
    with tls_server(context) as server:
        assert called(wire_to(server, trusting, Proxy(), scheme)) == [b"ok"]
        assert called(wire_to(server, trusting, Proxy(url="off"), scheme)) == [b"ok"]
    assert len(proxy.requests) == int(passes)


@pytest.mark.parametrize("url", ["https://proxy.example:1", "socks5://proxy.example:1", "http://"])
def test_a_proxy_that_is_not_spoken_to_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """At the start, not at the first call."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ValueError, match="HTTPS_PROXY: must begin with http://"):
        Dialer("https://province.example", timeout=timedelta(seconds=1), proxy=Proxy())


@pytest.fixture
def checked_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are checked for each connection, not once a second."""
    monkeypatch.setattr(watched_files, "CHECK_EACH", 0)


@pytest.mark.usefixtures("checked_always")
def test_a_renewed_certificate_of_ours_is_shown_by_the_next_connection(
    good: Pair, authority: Authority
) -> None:
    """Without a restart; a certificate whose key has not come yet changes nothing."""
    own = authority.pair("first", host="ward.example")
    renewed = authority.pair("second", host="ward.example")
    context = server_context(good)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
    tls = Tls(
        ca_file=str(authority.root),
        client_certificate=str(own.certificate),
        client_key=str(own.key),
    )
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


@pytest.mark.usefixtures("checked_always")
def test_a_changed_authority_of_the_partner_is_trusted_by_the_next_connection(
    good: Pair, authority: Authority, tmp_path: Path
) -> None:
    """A partner that changes over is reached again when its new root was put there."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(Authority(tmp_path / "old", "The old authority").root.read_bytes())
    with tls_server(server_context(good)) as server:
        wire = wire_to(server, Tls(ca_file=str(roots)))
        with pytest.raises(TransientFailure):
            wire.call("GET", "/")
        roots.write_bytes(authority.root.read_bytes())
        assert wire.call("GET", "/").body == b"ok"
        wire.close()


@pytest.mark.usefixtures("checked_always")
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_changed_password_of_the_proxy_is_sent_with_the_next_call(
    good: Pair, trusting: Tls, proxy: HttpProxy, tmp_path: Path, scheme: str
) -> None:
    """In a tunnel and without one."""
    file = tmp_path / "password"
    file.write_text("first")
    given = Proxy(url=proxy.url.replace("http://", "http://ward@"), password_file=str(file))
    with tls_server(server_context(good) if scheme == "https" else None) as server:
        wire = wire_to(server, trusting, given, scheme)
        wire.call("GET", "/")
        file.write_text("second one")
        wire.call("GET", "/")
        wire.close()
    logins = [base64.b64encode(f"ward:{word}".encode()) for word in ("first", "second one")]
    assert [login in head for login, head in zip(logins, proxy.requests, strict=True)] == [
        True,
        True,
    ]


def test_a_foreign_server_that_demands_a_certificate_gets_the_hubs(
    good: Pair, authority: Authority, trusting: Tls, proxy: HttpProxy
) -> None:
    """openssl's own server, through a proxy: with the certificate a page, without it no effect."""
    own = authority.pair("ward", host="ward.example")
    tls = Tls(
        ca_file=str(authority.root),
        client_certificate=str(own.certificate),
        client_key=str(own.key),
    )
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
