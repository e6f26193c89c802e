"""uvicorn's server, but it stops when it is told to, while uvicorn checks every 0.1 seconds.

Trap: uvicorn's methods are no public contract;
tests/integration/gateway/connections/test_server_stop.py holds those that are replaced here to
their meaning.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

import uvicorn


class StoppableServer(uvicorn.Server):
    """Serves until `end`; calls in progress get `timeout_graceful_shutdown` seconds then."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Have the server stop; from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has stopped already
                self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        """Renew the Date of all answers each second, until the end."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._ended.wait()

    async def shutdown(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """Take no more calls, let those in progress end, then cancel them."""
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = self.server_state.tasks
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while tasks:
                    await asyncio.wait(set(tasks))
                for _ in range(2):  # a closed line leaves `connections` in a later turn
                    await asyncio.sleep(0)
                await self._wait_tasks_to_complete()
        for task in tasks:
            task.cancel()
