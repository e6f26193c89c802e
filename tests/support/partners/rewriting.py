"""A partner whose replies are rewritten on the way: a simulator behind a gateway with habits.

`before` may answer a call in the place of the partner, which then never sees it; `after` may put
another reply in the place of the partner's, whose effect stands.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it goes back; Content-Length is added."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """A client that breaks the handshake off is what is tried."""


Before = Callable[[Call], Answer | None]
After = Callable[[Call, Answer], Answer]
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Rewriting:
    """The gateway; `calls` holds every request that came; with a context it speaks TLS."""

    upstream: str
    context: ssl.SSLContext | None = None
    before: Before = lambda _call: None
    after: After = lambda _call, answer: answer
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if self.context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forward(self, call: Call) -> Answer:
        """Return what the partner answers."""
        parts = urlsplit(self.upstream)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            line.request(call.method, call.path, call.body or None, call.headers)
            reply = line.getresponse()
            body = reply.read()
        finally:
            line.close()
        kept = {k.lower(): v for k, v in reply.getheaders() if k.lower() not in _HOP}
        return Answer(reply.status, body, kept)

    def _answer(self, call: Call) -> Answer:
        self.calls.append(call)
        found = self.before(call)
        return self.after(call, self.forward(call)) if found is None else found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body go out apart: 40 ms a reply

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fields = {k.lower(): v for k, v in self.headers.items() if k.lower() not in _HOP}
                answer = gateway._answer(Call(self.command, self.path, fields, body))
                marked = {"x-request-id": fields.get("x-request-id", ""), **answer.headers}
                self.send_response_only(answer.status)
                for name, value in marked.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_HEAD = _serve  # noqa: N815 - the server's names

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def rewriting(upstream: str, context: ssl.SSLContext | None = None) -> Iterator[Rewriting]:
    """A running gateway in front of `upstream`, closed at the end."""
    gateway = Rewriting(upstream, context)
    try:
        yield gateway
    finally:
        gateway.close()
