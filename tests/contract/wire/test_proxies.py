"""Calls that pass a proxy whole: as a tunnel or with a whole address, with its user, or refused."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.wire.connections import Dialer
from adapters.wire.download import download
from adapters.wire.profile import Proxy, Tls
from tests.support.network.certificates import Pair
from tests.support.network.tls_server import (
    HttpProxy,
    http_proxy,
    server_context,
    tls_server,
)
from tests.support.network.wires import TIMEOUTS, called, refused, wire_to


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
