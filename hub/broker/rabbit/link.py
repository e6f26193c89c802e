"""One AMQP connection with one channel, on a thread of its own.

Promises that heartbeats are answered whatever the owner is busy with (a call to a partner may take
longer than two heartbeats), that no wait is endless, and that a link which is lost stays lost: the
owner throws it away and dials again.

Why not pika's BlockingConnection? It waits for each confirm, answers heartbeats only inside its own
calls, and its `close` waits for a dead peer. A SelectConnection has none of this; in exchange it
belongs to the thread that runs its loop, and `submit` is the only way into that thread.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop

CLOSE_WITHIN = timedelta(seconds=1)
"""How long a goodbye may take; after that the connection is cut, which costs nothing."""

Begin = Callable[["Link", Any], None]
"""Sets the fresh channel up, on the link's thread, and calls `Link.ready` when all is in place."""


class _Loop(IOLoop):  # type: ignore[misc] # pika publishes no types
    """pika's loop, which also knows its sockets.

    pika's `close` waits for the broker's answer. A peer that has stopped answering would keep the
    connection, its thread and its socket until a heartbeat is missed; `cut` ends it at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._watched: set[int] = set()

    def add_handler(self, fd: int, handler: Callable[[int, int], None], events: int) -> None:
        self._watched.add(fd)
        super().add_handler(fd, handler, events)

    def remove_handler(self, fd: int) -> None:
        self._watched.discard(fd)
        super().remove_handler(fd)

    def cut(self) -> None:
        """Shut the sockets down: pika sees the end of the stream and cleans up by its own rules."""
        for fd in self._watched:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
                own.shutdown(socket.SHUT_RDWR)


class Link:
    """One connection: opening, then ready, then lost. Never used again after that."""

    def __init__(
        self, parameters: pika.URLParameters, begin: Begin, *, changed: threading.Condition
    ) -> None:
        self.is_ready = False
        self.lost = ""
        """Why it is gone, "" as long as it is not."""
        self._parameters = parameters
        self._begin = begin
        self._changed = changed
        self._loop = _Loop()
        self._connection: Any = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="amqp", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], None]) -> None:
        """Run `call` on the link's thread, in the order of submission; not at all once it ended."""
        self._loop.add_callback_threadsafe(call)

    def ready(self) -> None:
        """Say that the channel is set up."""
        self.is_ready = True
        self.notify()

    def fail(self, reason: str) -> None:
        """Say that the link is of no use any more. The first reason stays."""
        if not self.lost:
            self.lost = reason[:300]
            self.is_ready = False
            self.notify()

    def notify(self) -> None:
        """Wake the owner, something has changed."""
        with self._changed:
            self._changed.notify_all()

    def discard(self) -> None:
        """Have the link closed and return at once."""
        self.submit(self._close)

    def close(self) -> None:
        """Close the link and wait until it is closed."""
        self.discard()
        self.await_end(CLOSE_WITHIN * 2)

    def await_end(self, limit: timedelta) -> None:
        """Wait until somebody has closed it."""
        self._thread.join(limit.total_seconds())

    # --- on the link's thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._connection = pika.SelectConnection(
                self._parameters,
                on_open_callback=self._on_open,
                on_open_error_callback=self._on_ended,
                on_close_callback=self._on_ended,
                custom_ioloop=self._loop,
            )
            self._loop.start()
        finally:
            # Also after a fault of our own in a callback: the owner must never wait for nothing.
            self.fail("the link's thread ended")
            self._loop.cut()
            self._loop.close()

    def _on_open(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        self._begin(self, channel)

    def _on_channel_closed(self, _channel: Any, reason: BaseException) -> None:
        # The broker closes a channel for a fault (no such queue, an unknown tag, a late
        # acknowledgement) and leaves the connection open: without this nobody would notice.
        self.fail(describe(reason))

    def _on_ended(self, _connection: Any, reason: BaseException) -> None:
        self.fail(describe(reason))
        self._loop.stop()

    def _close(self) -> None:
        self.fail("closed")
        if self._closing:
            return
        self._closing = True
        self._loop.call_later(CLOSE_WITHIN.total_seconds(), self._loop.cut)
        if self._connection.is_open:
            self._connection.close()
        else:
            # Trap: `close` of a connection that is still opening ends in an assertion of pika's.
            self._loop.cut()


def describe(reason: BaseException) -> str:
    """Return a failure of pika in one line; pika keeps passwords out of its texts."""
    return f"{type(reason).__name__}: {reason}"
