"""A receiver of webhooks on a port of its own: keeps what came, answers as it is told."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = int | str
"""A status, or `drop`: the line is cut when the request was read; `hang`: no answer comes."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The event's id."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The event."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def number(self) -> str:
        """The dossier's number, "" in a test event."""
        number: str = self.event["data"].get("maHoSo", "")
        return number

    @property
    def code(self) -> str:
        """The change's code."""
        code: str = self.event["data"].get("ma", "")
        return code


@dataclass(slots=True)
class Receiver:
    """What came, and how it is answered."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    """What was answered 2xx."""
    answer: Callable[[Received], Answer] = lambda _: 204
    released: threading.Event = field(default_factory=threading.Event)
    """Ends what hangs."""

    def codes(self, number: str = "") -> list[str]:
        """Return the codes of what was taken, each event once, in the order of the first time."""
        first = {it.id: it for it in reversed(self.taken)}
        ids = dict.fromkeys(it.id for it in self.taken)
        return [first[id].code for id in ids if not number or first[id].number == number]


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    """Return what answers each request as the receiver is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(headers, body)
            receiver.requests.append(received)
            answer = receiver.answer(received)
            if answer == "hang":
                receiver.released.wait(30)
            if isinstance(answer, str):
                self.close_connection = True
                return
            if 200 <= answer < 300:
                receiver.taken.append(received)
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", receiver.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver during the block; with `tls` over HTTPS."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(receiver))
    scheme = "https" if tls else "http"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
