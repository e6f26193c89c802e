"""Servers of the standard library, each in a thread of its own, for the simplest simulators."""

import threading
from socketserver import BaseServer
from typing import Final

_POLL: Final = 0.05
"""Seconds after which a server sees that it is to stop."""


class ServerThreads:
    """Serves from the beginning; `stop` ends it and closes the ports."""

    def __init__(self, *servers: BaseServer) -> None:
        self._servers = servers
        self._threads = [threading.Thread(target=it.serve_forever, args=(_POLL,)) for it in servers]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let calls that are being answered end."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
