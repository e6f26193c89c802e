"""A small virus scanner for tests: speaks clamd's INSTREAM, finds one sign of ours."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIGN = b"the-hubs-own-test-sign"
"""What it finds, as `Hub.Test.Sign`."""


class Scanner(socketserver.ThreadingUnixStreamServer):
    """Its state; `finds` may be turned off, as by a signature on the ignore list."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.finds = True
        self.largest = 1024 * 1024
        self.scanned = 0
        super().__init__(str(path), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: Scanner

    def handle(self) -> None:
        command = self._command()
        if command == b"zVERSION":
            self.wfile.write(b"ClamAV 1.4.6/27000/Sat Nov 28 2026\0")
        elif command == b"zINSTREAM":
            self.wfile.write(self._scan() + b"\0")

    def _command(self) -> bytes:
        found = b""
        while (letter := self.rfile.read(1)) not in {b"\0", b""}:
            found += letter
        return found

    def _scan(self) -> bytes:
        content = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > self.server.largest:
                return b"INSTREAM size limit exceeded. ERROR"
        self.server.scanned += 1
        if self.server.finds and SIGN in content:
            return b"stream: Hub.Test.Sign FOUND"
        return b"stream: OK"


@contextmanager
def scanner_at(path: Path) -> Iterator[Scanner]:
    """Run a scanner at a Unix socket for the length of the block."""
    with Scanner(path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            path.unlink()
