"""Reads one HTTP reply from a socket: within a deadline, within a size, and says how it ended.

Promises that a reply is returned only when it was read to its end. Everything else raises
AmbiguousFailure: by the time a reply is read the request has left, so the effect is unknown.
Redirects are not followed and content codings are not undone (a request asks for `identity`).
"""

import socket
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httptools

from hub.rules.clocks import ahead_by_http
from hub.rules.errors import AmbiguousFailure

PIECE = 65_536
HEAD_LIMIT = 65_536
"""Most bytes of all header fields together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP reply as it came. `headers` has lower-case names; of a repeated field the last."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header field by its lower-case name, "" when it is not there."""
        return self.headers.get(name, "")

    def clock_ahead(self, *, sent: datetime, received: datetime) -> timedelta | None:
        """Return by how much the sender's clock is ahead of ours, None when it does not tell."""
        date, age = self.header("date"), self.header("age")
        return ahead_by_http(date, sent=sent, received=received, age=age)


class _Listener:
    """Gathers what the parser finds up to the end of one final reply."""

    def __init__(self, body_limit: int) -> None:
        self.body_limit = body_limit
        self.status = 0
        self.headers: dict[str, str] = {}
        self.head_size = 0
        self.body = bytearray()
        self.keep_alive = False
        self.overrun = False
        """Bytes came after the end of the reply: the connection is out of step."""
        self._complete = False
        self.parser = httptools.HttpResponseParser(self)

    def arrived(self, size: int) -> None:
        """Count what came: the parser itself would gather a header field without end."""
        self.head_size += 0 if self.status else size
        if self.head_size > HEAD_LIMIT + PIECE:
            raise AmbiguousFailure("reply_unreadable", f"more than {HEAD_LIMIT} bytes of headers")

    def on_message_begin(self) -> None:
        self.overrun = self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        self.head_size += len(name) + len(value)
        if self.head_size > HEAD_LIMIT:
            raise AmbiguousFailure("reply_unreadable", f"more than {HEAD_LIMIT} bytes of headers")
        if not self._complete:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._complete:
            return
        self.status = self.parser.get_status_code()
        self.keep_alive = self.parser.should_keep_alive()
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self.body_limit:
            raise AmbiguousFailure(
                "reply_unreadable", f"{announced} bytes, the limit is {self.body_limit}"
            )

    def on_body(self, body: bytes) -> None:
        if self._complete:
            return
        self.body += body
        if len(self.body) > self.body_limit:
            raise AmbiguousFailure(
                "reply_unreadable", f"more than the limit of {self.body_limit} bytes"
            )

    def on_message_complete(self) -> None:
        if self.status < 200:  # 100 Continue and its like come before the reply
            self.status = 0
            self.headers.clear()
        else:
            self._complete = True

    def complete(self) -> bool:
        """Tell whether the reply has ended."""
        return self._complete

    def ends_by_close(self) -> bool:
        """Tell whether the end of this reply is the end of the connection."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        return self.status >= 200 and not framed

    def reply(self) -> Reply:
        return Reply(status=self.status, headers=self.headers, body=bytes(self.body))


def read_reply(sock: socket.socket, *, deadline: float, body_limit: int) -> tuple[Reply, bool]:
    """Return the reply and whether the connection can carry another request.

    `deadline` is a time of `time.monotonic` for the whole reply: a partner that sends a byte now
    and then does not hold a thread beyond it. Raises AmbiguousFailure.
    """
    listener = _Listener(body_limit)
    while not listener.complete():
        piece = _receive(sock, deadline)
        if not piece:
            if listener.ends_by_close():
                return listener.reply(), False
            raise AmbiguousFailure("reply_dropped", "the line was closed before the reply ended")
        listener.arrived(len(piece))
        try:
            listener.parser.feed_data(piece)
        except httptools.HttpParserCallbackError as error:
            raise _cause(error) from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # What comes behind a whole reply spoils the connection, not the reply.
            if not listener.complete():
                raise AmbiguousFailure("reply_unreadable", "not HTTP") from None
            listener.overrun = True
    return listener.reply(), listener.keep_alive and not listener.overrun


def _cause(error: httptools.HttpParserCallbackError) -> AmbiguousFailure:
    if isinstance(error.__context__, AmbiguousFailure):
        return error.__context__
    return AmbiguousFailure("reply_unreadable", "not HTTP")


def _receive(sock: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise AmbiguousFailure("reply_timeout", "the reply did not end in time")
    sock.settimeout(left)
    try:
        return sock.recv(PIECE)
    except TimeoutError:
        raise AmbiguousFailure("reply_timeout", "no reply in time") from None
    except OSError as error:
        raise AmbiguousFailure("reply_dropped", type(error).__name__) from None
