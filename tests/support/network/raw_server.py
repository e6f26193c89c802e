"""A server that sends exactly the bytes it is told to: what no HTTP library would let through."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MARK = b"{mark}"
"""In an answer: the X-Request-Id of the request."""
MARKED = b"HTTP/1.1 200 OK\r\nX-Request-Id: {mark}\r\nContent-Length: 2\r\n\r\nok"


class Close:
    """Close the connection, before answering anything more."""


@dataclass
class RawServer:
    """Answers each request with the next entry of `script`; keeps every request that came."""

    script: list[bytes | type[Close]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released once for each connection that this server closed."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/base"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def play(self, script: Sequence[bytes | type[Close]]) -> None:
        """Set what comes next."""
        self.script[:] = script

    def close(self) -> None:
        """Stop listening, break every connection, wait for the threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            with line:
                line.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            while request := _request(line):
                self.requests.append(request)
                for answer in self._answers():
                    if isinstance(answer, type):
                        line.close()
                        self.closed.release()
                        return
                    line.sendall(answer.replace(MARK, _mark(request)))

    def _answers(self) -> Iterator[bytes | type[Close]]:
        """Yield the next answer, and a Close that stands behind it."""
        if self.script:
            yield self.script.pop(0)
        if self.script and self.script[0] is Close:
            yield self.script.pop(0)


def _mark(request: bytes) -> bytes:
    """Return the X-Request-Id of a request, b"" where it has none."""
    return request.partition(b"X-Request-Id: ")[2].partition(b"\r\n")[0]


def _request(line: socket.socket) -> bytes:
    """Return the next request on the line, b"" at its end."""
    found = b""
    while True:
        try:
            piece = line.recv(65_536)
        except OSError:
            return b""
        if not piece:
            return b""
        found += piece
        head, _, body = found.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        if b"\r\n\r\n" in found and len(body) >= length:
            return found


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """A running server, closed at the end."""
    server = RawServer()
    try:
        yield server
    finally:
        server.close()
