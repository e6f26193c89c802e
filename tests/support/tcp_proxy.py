"""A TCP proxy on the loopback address that can misbehave: swallow replies, stall, cut."""

import contextlib
import socket
import threading
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
        self._dead: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._run(self._accept)

    def instead_of(self, url: str) -> str:
        """Return the address with this proxy in the place of the server."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    def stall(self) -> None:
        """Pass nothing on in either direction, connections stay open: a half-open line."""
        self._flowing.clear()

    def go_dead(self) -> None:
        """Every connection of now loses all that is sent, unnoticed; new ones are well."""
        self._dead |= self._sockets

    def flow(self) -> None:
        """Pass on what was held back."""
        self._flowing.set()

    def cut(self) -> None:
        """Break every connection; new ones are accepted."""
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "TcpProxy":
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
                try:
                    server = socket.create_connection(self._server, timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                self.accepted += 1
                self._sockets |= {client, server}
                self._run(self._pair, client, server)

    def _pair(self, client: socket.socket, server: socket.socket) -> None:
        replies = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
        replies.start()
        self._pump(client, server, False)
        replies.join()
        self._sockets -= {client, server}
        self._dead -= {client, server}
        client.close()
        server.close()

    def _pump(self, source: socket.socket, target: socket.socket, replies: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                self._flowing.wait()
                if source not in self._dead and not (replies and self.swallow_replies):
                    target.sendall(block)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
