"""Over TLS a partner must show a certificate that our roots signed for its name."""

import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.wire.echo import new_mark
from adapters.wire.http import Limits, Wire
from hub.rules.errors import TransientFailure
from hub.sandbox.programs import MissingProgram
from tests.support.services import missing


@dataclass
class TlsServer:
    """Answers every POST with "ok"."""

    port: int
    certificate: Path
    connections: int = 0
    calls: int = 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, its key beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        missing(MissingProgram("openssl", "openssl"))
    place = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(place / "key.pem"), "-out", str(place / "certificate.pem")),
            *("-subj", "/CN=province", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return place / "certificate.pem"


@pytest.fixture
def server(certificate: Path) -> Iterator[TlsServer]:
    found = TlsServer(0, certificate)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            found.calls += 1
            self.send_response(200)
            self.send_header("X-Request-Id", self.headers.get("X-Request-Id", ""))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """A client that breaks the handshake off is what is tried here."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with Server(("127.0.0.1", 0), Handler) as https:
        https.socket = context.wrap_socket(
            https.socket, server_side=True, do_handshake_on_connect=False
        )
        found.port = https.server_port
        thread = threading.Thread(target=https.serve_forever, args=(0.01,))
        thread.start()
        yield found
        https.shutdown()
        thread.join(10)


def wire_to(server: TlsServer, host: str = "127.0.0.1", *, trusted: bool = True) -> Wire:
    patient = timedelta(seconds=20)
    return Wire(
        f"https://{host}:{server.port}/x",
        limits=Limits(connect_timeout=patient, reply_timeout=patient, idle=patient),
        ca_file=str(server.certificate) if trusted else None,
    )


def test_calls_to_a_trusted_partner_share_a_connection(server: TlsServer) -> None:
    """The handshake is made once; the kept connection is known to be alive."""
    wire = wire_to(server)
    fields, echo = {"X-Request-Id": new_mark()}, "X-Request-Id"
    replies = [wire.call("POST", body=b"x", headers=fields, echo=echo) for _ in range(3)]
    assert [reply.body for reply in replies] == [b"ok"] * 3
    wire.close()
    assert (server.calls, server.connections) == (3, 1)


def test_a_partner_that_nobody_vouches_for_gets_nothing(server: TlsServer) -> None:
    """The system's roots did not sign it: certainly no effect."""
    wire = wire_to(server, trusted=False)
    with pytest.raises(TransientFailure, match="partner_unreachable: SSL"):
        wire.call("POST", body=b"x")
    assert server.calls == 0


def test_a_certificate_for_another_name_is_refused(server: TlsServer) -> None:
    """Trusted, but not for the name that was called."""
    wire = wire_to(server, "localhost")
    with pytest.raises(TransientFailure, match="partner_unreachable"):
        wire.call("POST", body=b"x")
    assert server.calls == 0
