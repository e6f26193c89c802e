"""Asks a ClamAV daemon about a file: INSTREAM over TCP or a Unix socket, piece by piece.

The daemon must take files as large as the hub
does (StreamMaxLength in clamd.conf); one that refuses a file's size has not seen the file.
"""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hub.ports.files import ScannerAway
from hub.rules import virus_scanner_address

PATIENCE = timedelta(seconds=60)
"""How long the daemon may be silent."""
_PIECE = 256 * 1024
_LONGEST = 4096
_FOUND = re.compile(r"^stream: (?P<name>.{1,200}) FOUND$")
_NAME = re.compile(r"[^\w.()/-]")


class Clamd:
    """One daemon; threads share it, each call has a connection of its own."""

    def __init__(self, address: str, *, patience: timedelta = PATIENCE) -> None:
        """Raises ValueError for what is no address."""
        self._address = virus_scanner_address.parse(address)
        self._patience = patience.total_seconds()

    def virus_in(self, place: Path) -> str:
        """Return the name of what was found, "" for a clean file; raises ScannerAway."""
        with self._line() as line, place.open("rb") as file:
            try:
                line.sendall(b"zINSTREAM\0")
                while piece := file.read(_PIECE):
                    line.sendall(struct.pack(">I", len(piece)) + piece)
                line.sendall(struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has said why, and then hung up
            reply = _reply(line)
        if reply == "stream: OK":
            return ""
        if found := _FOUND.match(reply):
            return _NAME.sub("_", found["name"])
        raise ScannerAway(f"the scanner did not scan: {_NAME.sub('_', reply)[:100]}")

    def version(self) -> str:
        """Return what the daemon says of itself and its signatures; raises ScannerAway."""
        with self._line() as line:
            line.sendall(b"zVERSION\0")
            reply = _reply(line)
        if not reply:
            raise ScannerAway("the scanner hung up")
        return reply

    @contextmanager
    def _line(self) -> Iterator[socket.socket]:
        try:
            with self._connected() as line:
                yield line
        except ScannerAway:
            raise
        except OSError as error:
            raise ScannerAway(f"the scanner cannot be reached ({type(error).__name__})") from None

    def _connected(self) -> socket.socket:
        address = self._address
        if not address.path:
            place = (address.host, address.port)
            return socket.create_connection(place, timeout=self._patience)
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(self._patience)
        try:
            line.connect(address.path)
        except BaseException:
            line.close()
            raise
        return line


def _reply(line: socket.socket) -> str:
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < _LONGEST:
        piece = line.recv(_LONGEST)
        if not piece:
            break
        reply += piece
    return reply.rstrip(b"\0\n").decode("utf-8", "replace")
