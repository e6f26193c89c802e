"""A TCP proxy on the loopback address that can misbehave: swallow replies, stall, cut, go dead.

It also measures: how long those who were kept waiting on a dead line took to notice.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Self
from urllib.parse import urlsplit, urlunsplit

BLOCK = 65_536


class TcpProxy:
    """Stands between a client and a server. A context manager; one thread per direction."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.swallow_replies = False
        """Take what the server says and pass nothing on; the client's words still get through."""
        self.accepted = 0
        """How many connections there have been."""
        self._flowing = threading.Event()
        self._flowing.set()
        self._sockets: set[socket.socket] = set()
        self._dead: dict[socket.socket, float] = {}
        self._left: dict[socket.socket, int] = {}
        """How many more bytes get through in a direction, of those that lose what comes after."""
        self._waiting: dict[socket.socket, float] = {}
        """Clients of dead lines on which something got lost, and since when."""
        self.noticed: list[float] = []
        """Seconds from the first lost word to the end of that line, for each that waited."""
        self._reset: set[socket.socket] = set()
        self._blocked = False
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._run(self._accept)

    def instead_of(self, url: str) -> str:
        """Return the address with this proxy in the place of the server."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{self.port}"))

    def stall(self) -> None:
        """Pass nothing on in either direction, connections stay open: a half-open line."""
        self._flowing.clear()

    def go_dead(self) -> None:
        """Every connection of now loses all that is sent, unnoticed; new ones are well."""
        self._dead |= dict.fromkeys(list(self._sockets), time.monotonic())

    def lose_after(self, count: int) -> None:
        """Every connection of now loses all but so many of the next bytes in each direction."""
        self._left |= dict.fromkeys(self._sockets, count)

    @property
    def kept_waiting(self) -> int:
        """How many clients of dead lines have lost something and not noticed yet."""
        return len(self._waiting)

    def reset(self) -> None:
        """Break every connection with RST, as a machine does that has forgotten them."""
        for one in list(self._sockets):
            self._reset.add(one)
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)  # wakes the pump, says nothing to the other end

    @contextlib.contextmanager
    def blocked(self) -> Iterator[None]:
        """A cut network: connections break with RST, new ones end at once, until the block ends."""
        self._blocked = True
        self.reset()
        try:
            yield
        finally:
            self._blocked = False

    def flow(self) -> None:
        """Pass on what was held back."""
        self._flowing.set()

    def cut(self) -> None:
        """Break every connection; new ones are accepted."""
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._flowing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closed:
                client, _ = self._listener.accept()
                if self._blocked:
                    client.close()
                    continue
                try:
                    server = socket.create_connection(self._server, timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                for one in (client, server):
                    # As both ends have it: else a small answer waits for the kernel's 40 ms.
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.accepted += 1
                self._sockets |= {client, server}
                self._run(self._pair, client, server)

    def _pair(self, client: socket.socket, server: socket.socket) -> None:
        replies = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
        replies.start()
        self._pump(client, server, False)
        replies.join()
        self._sockets -= {client, server}
        self._reset -= {client, server}
        for one in (client, server):
            self._dead.pop(one, None)
            self._left.pop(one, None)
        since = self._waiting.pop(client, None)
        if since is not None:
            self.noticed.append(time.monotonic() - since)
        client.close()
        server.close()

    def _that_gets_through(self, source: socket.socket, block: bytes) -> bytes:
        if source not in self._left:
            return block
        found = block[: self._left[source]]
        self._left[source] -= len(found)
        return found

    def _pump(self, source: socket.socket, target: socket.socket, replies: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                self._flowing.wait()
                if source in self._dead:
                    self._waiting.setdefault(target if replies else source, time.monotonic())
                elif not (replies and self.swallow_replies):
                    target.sendall(self._that_gets_through(source, block))
        if source in self._reset:
            return  # both pumps end; closing sends the RST
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
