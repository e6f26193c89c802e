"""A line that is cut while a body is on its way, so many times."""

import socket
from contextlib import suppress

from tests.support.network.tcp_proxy import BLOCK, TcpProxy


class CuttingLine(TcpProxy):
    """Passes everything on; cuts a connection after so many bytes of its client, `cuts` times."""

    def __init__(self, port: int, *, after: int, cuts: int) -> None:
        self._after, self.left = after, cuts
        super().__init__("127.0.0.1", port)

    def _pump(self, source: socket.socket, target: socket.socket, replies: bool) -> None:
        passed = 0
        with suppress(OSError):
            while block := source.recv(BLOCK):
                target.sendall(block)
                passed += len(block)
                if not replies and self.left and passed >= self._after:
                    self.left -= 1
                    break
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
