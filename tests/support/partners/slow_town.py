"""A town that serves one result file as slowly as a test wants it."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = b"%PDF-1.4 a land use right certificate " * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class SlowTown:
    """Grants tokens; the body of a file ends only when `go_on` is set."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.drips = False
        """Whether a byte comes now and then meanwhile, so that no read waits in vain."""
        self.begun = threading.Semaphore(0)
        """Released once for each file that is being pulled."""
        self.pulled: list[str] = []
        """The paths, in order."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def result(self, name: str = "ket-qua", **changes: Any) -> dict[str, Any]:
        """Return the file as a callback names it; `name` makes addresses differ."""
        told = {
            "name": f"{name}.pdf",
            "mediaType": "application/pdf",
            "size": len(CONTENT),
            "sha256": SHA256,
            "url": f"{self.url}/ket-qua/{name}",
        }
        return told | changes

    def close(self) -> None:
        """Let every file end, and stop."""
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(20)

    def _handler(town) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler has its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                granted = {"access_token": "word", "token_type": "bearer", "expires_in": 3600}
                body = json.dumps(granted).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Request-Id", self.headers["X-Request-Id"])
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                town.pulled.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                sent = 1
                self.wfile.write(CONTENT[:sent])
                town.begun.release()
                try:
                    while not town.go_on.wait(0.01 if town.drips else 30):
                        self.wfile.write(CONTENT[sent : sent + 1])
                        sent += 1
                    self.wfile.write(CONTENT[sent:])
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def slow_town() -> Iterator[SlowTown]:
    """Run one for the length of the block."""
    town = SlowTown()
    try:
        yield town
    finally:
        town.close()
