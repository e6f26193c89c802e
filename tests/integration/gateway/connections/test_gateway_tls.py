"""TLS of the gateway itself: clients by certificate, the floor of versions, renewed files.

curl and openssl are the foreign clients.
"""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from authlib.integrations.requests_client import OAuth2Session, OAuthError

from hub.drill.sandbox.programs import MissingProgram
from hub.gateway.connections.limits import ConnectionLimits
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.gateway.oauth.routes import TOKEN
from hub.rules.clients.certificates import CertificateBinding
from hub.runtime.clock import utc_now
from hub.store.clients import secrets
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import BODY, Gateway
from tests.support.gateway.clients import add_certificate_client, add_client
from tests.support.network.certificates import Authority, Pair

CLIENTS = "clients.pem"


class SafeGateway(Gateway):
    """A gateway with TLS; its files may be replaced, and are checked at each connection."""

    def __init__(
        self, directory: Path, store: Store, limits: ConnectionLimits | None = None
    ) -> None:
        self.place = directory
        self.authority = Authority(directory / "authority", "Authority of servers")
        self.of_clients = Authority(directory / "clients", "Authority of clients")
        self.own = self.authority.pair("hub")
        shutil.copy(self.of_clients.root, directory / CLIENTS)
        files = TlsFiles(self.own.certificate, self.own.key, directory / CLIENTS)
        super().__init__(directory, store, tls=ServerContext(files, each=0), limits=limits)

    def shown(self) -> bytes:
        """Return the certificate that the gateway shows to a new connection."""
        context = ssl.create_default_context(cafile=str(self.authority.root))
        with self.connected() as line, context.wrap_socket(line, server_hostname="127.0.0.1") as it:
            return it.getpeercert(binary_form=True) or b""

    def connected(self, host: str = "127.0.0.1") -> socket.socket:
        """Open a connection from an address of this machine."""
        own = (host, 0)
        return socket.create_connection(("127.0.0.1", self.web.port), 20, own)


@pytest.fixture
def gateway(tmp_path: Path, sqlite_store: Store) -> Iterator[SafeGateway]:
    """A gateway of its own."""
    made = SafeGateway(tmp_path, sqlite_store)
    yield made
    made.stop()


def program(name: str) -> str:
    """Return the path of a program; raises MissingProgram."""
    if found := shutil.which(name):
        return found
    raise MissingProgram(name, name)


def curl(gateway: SafeGateway, pair: Pair | None = None, *options: str) -> str:
    """Hand the example in by curl; return the status, "000" without an answer."""
    shown = ["--cert", str(pair.certificate), "--key", str(pair.key)] if pair else []
    done = subprocess.run(
        [
            *(program("curl"), "--silent", "--output", "/dev/null", "--noproxy", "*"),
            *("--write-out", "%{http_code}", "--max-time", "20", "--data-binary", "@-"),
            *("--cacert", str(gateway.authority.root), *shown),
            *(*options, f"{gateway.url}/messages"),
        ],
        input=BODY,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.stdout.decode()


def handshake(gateway: SafeGateway, *options: str) -> bool:
    """Return whether openssl's client comes to an agreement with the gateway."""
    done = subprocess.run(
        [
            *(program("openssl"), "s_client", "-connect", f"127.0.0.1:{gateway.web.port}"),
            *("-CAfile", str(gateway.authority.root), "-verify_return_error", *options),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0


def test_a_client_calls_by_its_certificate(gateway: SafeGateway) -> None:
    """Of the named authority only; without one, or with an unknown one, the caller is nobody."""
    pair, unknown = gateway.of_clients.pair("portal"), gateway.of_clients.pair("unknown")
    strange = Authority(gateway.place / "strange", "Another").pair("portal")
    kept = add_certificate_client(gateway.store, pair, now=utc_now())
    assert curl(gateway, pair) == "202"
    assert curl(gateway) == "401"
    assert curl(gateway, unknown) == "401"
    assert curl(gateway, strange) == "000"
    allowed = [row for row in gateway.audited() if row[2]]
    assert [row[:2] for row in allowed] == [("by-certificate", "gateway.messages.accept")]
    assert allowed[0][3].startswith(f"certificate {kept.prefix}")


def test_a_device_with_a_token_needs_no_certificate(gateway: SafeGateway) -> None:
    """A certificate is asked for, not demanded."""
    key = add_client(gateway.store, now=utc_now())
    for text in ("in-token", key.text):
        assert curl(gateway, None, "--oauth2-bearer", text) == "202"


@pytest.mark.parametrize("binding", CertificateBinding)
def test_a_renewed_certificate_is_the_same_client(
    gateway: SafeGateway, binding: CertificateBinding
) -> None:
    """By its key with the same key, by its names with another key; the end of the newest is kept,
    so that the alarm 14 days before is about the right one."""
    first = gateway.of_clients.pair("portal")
    kept = add_certificate_client(gateway.store, first, binding=binding, now=utc_now())
    by_key = binding is CertificateBinding.PUBLIC_KEY
    renewed = gateway.of_clients.pair(
        "renamed" if by_key else "portal",
        ends=timedelta(days=200),
        key_of=first if by_key else None,
    )
    assert curl(gateway, renewed) == "202"
    other = gateway.of_clients.pair("portal" if by_key else "renamed")
    assert curl(gateway, other) == "401"
    with gateway.store.read() as tx:
        (secret,) = secrets.of_client(tx, kept.client)
    assert secret.ends_at > utc_now() + timedelta(days=190)


def test_a_certificate_that_is_over_opens_no_connection(gateway: SafeGateway) -> None:
    """TLS itself refuses it."""
    pair = gateway.of_clients.pair("portal", ends=timedelta(seconds=-1))
    add_certificate_client(gateway.store, pair, now=utc_now() - timedelta(days=2))
    assert curl(gateway, pair) == "000"


@pytest.mark.parametrize(
    "options",
    [
        ("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
        ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:!AESGCM:!CHACHA20:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "kRSA:kDHE:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"),
    ],
)
def test_old_tls_and_weak_ciphers_are_refused(
    gateway: SafeGateway, options: tuple[str, ...]
) -> None:
    """Also for a caller that offers nothing else; the same caller gets in with better ones."""
    assert not handshake(gateway, *options)


@pytest.mark.parametrize(
    "options", [("-tls1_2",), ("-tls1_3",), ("-tls1_2", "-cipher", "ECDHE+AESGCM")]
)
def test_tls_1_2_and_1_3_are_spoken(gateway: SafeGateway, options: tuple[str, ...]) -> None:
    """With forward secrecy and authenticated encryption."""
    assert handshake(gateway, *options)


def test_a_renewed_certificate_of_the_gateway_is_shown_without_a_restart(
    gateway: SafeGateway,
) -> None:
    """A half-written file, or a certificate without its key, changes nothing."""
    before, second = gateway.shown(), gateway.authority.pair("second")
    gateway.own.certificate.write_bytes(gateway.own.certificate.read_bytes()[:100])
    assert gateway.shown() == before
    gateway.own.certificate.write_bytes(second.certificate.read_bytes())
    assert gateway.shown() == before  # the key is the old one still
    gateway.own.key.write_bytes(second.key.read_bytes())
    assert gateway.shown() == ssl.PEM_cert_to_DER_cert(second.certificate.read_text())


def test_an_authority_that_is_taken_away_opens_nothing_any_more(gateway: SafeGateway) -> None:
    """Also without a restart; a certificate of the new one gets in."""
    old, new = gateway.of_clients, Authority(gateway.place / "new", "New authority")
    first, second = old.pair("first"), new.pair("second")
    add_certificate_client(gateway.store, first, "first", now=utc_now())
    add_certificate_client(gateway.store, second, "second", now=utc_now())
    assert [curl(gateway, pair) for pair in (first, second)] == ["202", "000"]
    shutil.copy(new.root, gateway.place / CLIENTS)
    assert [curl(gateway, pair) for pair in (first, second)] == ["000", "202"]


def test_a_token_for_a_certificate_is_worth_nothing_without_it(gateway: SafeGateway) -> None:
    """RFC 8705: a foreign client gets one by mutual TLS; who steals it cannot use it."""
    pair, other = gateway.of_clients.pair("portal"), gateway.of_clients.pair("other")
    add_certificate_client(gateway.store, pair, now=utc_now())
    add_certificate_client(gateway.store, other, "other", now=utc_now())
    token = fetched(gateway, pair)
    shown = ("--oauth2-bearer", token)
    assert [curl(gateway, it, *shown) for it in (pair, None, other)] == ["202", "401", "401"]
    with pytest.raises(OAuthError, match="invalid_client"):
        fetched(gateway, other)


def fetched(gateway: SafeGateway, pair: Pair) -> str:
    """Return a token of the client `by-certificate` for a certificate."""
    with OAuth2Session(
        "by-certificate",
        grant_type="client_credentials",
        token_endpoint_auth_method="none",
        token_endpoint=gateway.url + TOKEN,
    ) as session:
        session.trust_env = False  # a machine's own authorities
        session.verify = str(gateway.authority.root)
        session.cert = (str(pair.certificate), str(pair.key))
        token: str = session.fetch_token()["access_token"]
        return token


GREETING = b"\x16\x03\x01"
"""The beginning of a handshake."""


def test_a_caller_that_never_shakes_hands_is_cut_off(tmp_path: Path, sqlite_store: Store) -> None:
    """Else anybody could hold connections on which no request begins."""
    limits = ConnectionLimits(handshake_time=timedelta(seconds=1))
    gateway = SafeGateway(tmp_path, sqlite_store, limits)
    try:
        with gateway.connected() as line:
            line.sendall(GREETING)
            assert line.recv(1) == b""
        assert gateway.shown()
    finally:
        gateway.stop()


def test_three_hundred_handshakes_that_never_finish_keep_nobody_out(
    tmp_path: Path, sqlite_store: Store
) -> None:
    """From one address or from many, silent or begun; few stay open, and callers of the same
    addresses are served meanwhile. Their time is a day, so that only their number ends them."""
    limits = ConnectionLimits(
        handshake_time=timedelta(days=1), handshakes=64, handshakes_per_address=16
    )
    gateway = SafeGateway(tmp_path, sqlite_store, limits)
    token = ("--oauth2-bearer", "in-token")
    stuck: list[socket.socket] = []
    try:
        for number in range(300):
            from_one = number < 150
            host = "127.0.0.1" if from_one else f"127.0.1.{number % 50}"
            line = gateway.connected(host)
            stuck.append(line)
            if number % 2:
                line.sendall(GREETING)
            if number % 50 == 49:
                assert curl(gateway, None, *token) == "202"
                assert curl(gateway, None, *token, "--interface", host) == "202"
        assert len(gateway.web.listeners[0].handshakes) <= 64
        assert sum(is_closed(line) for line in stuck) >= 300 - 64
    finally:
        for line in stuck:
            line.close()
        gateway.stop()


def is_closed(line: socket.socket) -> bool:
    """Return whether the other end has closed a line that sends nothing."""
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_a_gateway_ends_at_once_while_handshakes_hang(
    gateway: SafeGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """They hold up no stop: uvicorn ends them with the connections."""
    with gateway.connected() as line:
        line.sendall(GREETING)
        assert gateway.shown()  # the one before is known by then
        gateway.web.stop()
        assert is_closed(line)
    assert "graceful shutdown exceeded" not in caplog.text
