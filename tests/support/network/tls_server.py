"""A partner over TLS, and a proxy in front of it, both on the loopback address."""

import contextlib
import http.server
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from tests.support.network.certificates import Authority, Pair


@dataclass
class TlsServer:
    """Answers every request with "ok"."""

    port: int = 0
    connections: int = 0
    calls: list[str] = field(default_factory=list)
    """The requests' lines."""
    names: list[str] = field(default_factory=list)
    """Common names of the certificates that clients showed."""


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """A client that breaks the handshake off is what is tried here."""


def server_context(pair: Pair, *, clients_of: Authority | None = None) -> ssl.SSLContext:
    """Return a server's context with this certificate; it demands clients' of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.root)
    return context


@contextmanager
def tls_server(context: ssl.SSLContext | None) -> Iterator[TlsServer]:
    """A running server; without a context it does not speak TLS."""
    found = TlsServer()
    with _Quiet(("127.0.0.1", 0), _handler_of(found)) as server:
        if context is not None:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield found
        finally:  # also of a test that fails: the thread would outlive the process's end
            server.shutdown()
            thread.join(10)


class _ReadsOn(http.server.BaseHTTPRequestHandler):
    def handle(self) -> None:
        """Read on where the handshake failed.

        A line that is closed with bytes unread is reset, and its client never sees why.
        """
        try:
            super().handle()
        except ssl.SSLError:
            with contextlib.suppress(OSError), socket.socket(fileno=self._detached()) as line:
                line.settimeout(10)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65_536):
                    pass

    def _detached(self) -> int:
        line: socket.socket = self.connection
        return line.detach()


def _handler_of(found: TlsServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(_ReadsOn):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body go out apart: 40 ms a reply

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.calls.append(self.requestline)
            if isinstance(self.connection, ssl.SSLSocket):
                shown = self.connection.getpeercert() or {}
                found.names += [it[0][1] for it in cast(Any, shown.get("subject", ()))]
            self.send_response(200)
            self.send_header("X-Request-Id", self.headers.get("X-Request-Id", ""))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST = _serve  # noqa: N815 - the server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


@dataclass
class HttpProxy:
    """An HTTP proxy; `requests` holds the head of each request that came."""

    port: int = 0
    refuses: bytes = b""
    """Answered to every request in place of doing it."""
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_proxy() -> Iterator[HttpProxy]:
    """A running proxy that makes tunnels, and forwards requests with a whole address."""
    found = HttpProxy()
    listener = socket.create_server(("127.0.0.1", 0))
    found.port = listener.getsockname()[1]
    lines: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=_serve, args=(found, line), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield found
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in lines:
            line.close()
        thread.join(10)


def _serve(proxy: HttpProxy, line: socket.socket) -> None:
    with line, contextlib.suppress(OSError, ValueError):
        request = b""
        while b"\r\n\r\n" not in request:
            piece = line.recv(65_536)
            if not piece:
                return
            request += piece
        head, _, rest = request.partition(b"\r\n\r\n")
        proxy.requests.append(head)
        if proxy.refuses:
            line.sendall(proxy.refuses)
            return
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        place = target if method == "CONNECT" else target.split("/", 3)[2]
        host, _, port = place.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), 10) as upstream:
            if method == "CONNECT":
                line.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
                upstream.sendall(rest)
            else:
                upstream.sendall(request.replace(f"http://{place}".encode(), b"", 1))
            _pump(line, upstream)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Hand bytes on both ways until both have ended."""
    speaking = [one, other]
    while speaking:
        for ready in select.select(speaking, [], [], 10)[0]:
            listener = other if ready is one else one
            if piece := ready.recv(65_536):
                listener.sendall(piece)
            else:
                listener.shutdown(socket.SHUT_WR)
                speaking.remove(ready)
