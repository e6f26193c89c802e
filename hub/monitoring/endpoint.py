"""The health port: `/healthz`, `/readyz` and `/metrics`, answered by threads of their own.

Not by the gateway's event loop: a port that hung with what it tells about would tell nothing. It
has no other use, answers from memory, and takes no more than `MOST_AT_ONCE` calls. `/healthz` and
`/readyz` name roles and times, so anybody who reaches the port may read them. `/metrics` is for
this machine, and elsewhere for a caller that shows the token. A call that a proxy passed on counts
as from elsewhere.
"""

import hmac
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv6Address, ip_address
from typing import Any

from hub.monitoring.readiness import Readiness
from hub.runtime.metrics import HTTP_REQUESTS
from hub.runtime.role import Role
from hub.texts import Text, both

MOST_AT_ONCE = 16
ANSWER_WITHIN = 10.0
"""Seconds from the start of a connection to its end; then it is cut, whatever comes in."""
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "Via", "X-Real-IP")
TEXT = "text/plain; charset=utf-8"


class HealthPort(Role):
    """Serves one port; port 0 picks a free one (see `port`)."""

    name = "health"
    patience = 60.0

    def __init__(
        self,
        host: str,
        port: int,
        *,
        readiness: Callable[[], Readiness],
        metrics: Callable[[], bytes],
        metrics_type: str,
        token: Callable[[], str],
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        """Bind the port: a taken one is an OSError at once. `token`: "" where there is none."""
        super().__init__()
        self._server = _Server((host.strip("[]"), port), _Handler)
        self._server.answer_within = answer_within
        self._server.beat = self.beat
        self._server.routes = {
            "/healthz": lambda _: (HTTPStatus.OK, TEXT, b"ok\n"),
            "/readyz": lambda _: _ready(readiness()),
            "/metrics": lambda call: _metrics(call, metrics, metrics_type, token()),
        }
        self.port: int = self._server.server_address[1]

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.2)

    def request_stop(self) -> None:
        super().request_stop()
        if self.thread is not None:
            # In a thread: `shutdown` waits for `serve_forever`, and nobody waits here.
            threading.Thread(target=self._server.shutdown, daemon=True).start()

    def stop(self) -> None:
        super().stop()
        self._server.server_close()


_Answer = tuple[HTTPStatus, str, bytes]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32
    routes: "dict[str, Callable[[_Handler], _Answer]]"
    beat: Callable[[], None]
    answer_within = ANSWER_WITHIN

    def __init__(self, address: tuple[str, int], handler: "type[_Handler]") -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._cut_at: dict[socket.socket, float] = {}
        super().__init__(address, handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6 and self.server_address[0] == "::":
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not HTTPServer's: it asks the resolver for this machine's name.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def service_actions(self) -> None:
        self.beat()
        self._cut_overdue()

    def _cut_overdue(self) -> None:
        """End the calls that take too long: a caller that sends a byte at a time never times out.

        Their threads then read the end, and close.
        """
        now = time.monotonic()
        for line, cut_at in list(self._cut_at.items()):
            if cut_at <= now:
                with suppress(OSError):  # it was closed this moment
                    line.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; with too many under way the line is closed."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._cut_at[request] = time.monotonic() + self.answer_within
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._cut_at.pop(request, None)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave a caller that went away without a word."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = ANSWER_WITHIN
    server_version = "hub"
    sys_version = ""

    def do_GET(self) -> None:
        route = self.server.routes.get(self.path.partition("?")[0])
        if route is None:
            self.answer(HTTPStatus.NOT_FOUND, TEXT, b"/healthz /readyz /metrics\n")
        else:
            self.answer(*route(self))

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def answer(self, status: HTTPStatus, media_type: str, body: bytes) -> None:
        """Send a whole answer."""
        HTTP_REQUESTS.add(HealthPort.name, str(int(status)))
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def is_local(self) -> bool:
        """Tell whether the call comes from this machine itself."""
        address = ip_address(self.client_address[0].partition("%")[0])
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        return address.is_loopback and not any(name in self.headers for name in _PASSED_ON)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
        """Write nothing: what a stranger sends belongs into no log."""


def _ready(found: Readiness) -> _Answer:
    status = HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE
    body = json.dumps(found.document(), ensure_ascii=False, indent=1).encode()
    return status, "application/json", body + b"\n"


def _metrics(call: _Handler, metrics: Callable[[], bytes], media_type: str, token: str) -> _Answer:
    shown = call.headers.get("Authorization", "")
    proven = bool(token) and hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
    if proven or call.is_local():
        return HTTPStatus.OK, media_type, metrics()
    if not token:
        return HTTPStatus.FORBIDDEN, TEXT, _lines(both("health.metrics_local"))
    return HTTPStatus.UNAUTHORIZED, TEXT, _lines(both("health.metrics_token"))


def _lines(found: Text) -> bytes:
    return f"{found.vi}\n{found.en}\n".encode()
