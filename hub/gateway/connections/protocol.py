"""The HTTP protocol of the gateway: uvicorn's, with limits on what a connection may send.

A request over a limit gets a 4xx and its connection is closed; the rest of what it sends is read
and thrown away for a moment, so that the sender sees the answer. A connection that sends nothing at
all is closed without one. Not here: the size of a body, which each route limits, and rights.

Trap: uvicorn's attributes are no public contract;
tests/integration/gateway/connections/test_connections.py holds every one that is used here to its
meaning.
"""

import asyncio
import contextlib
import fcntl
import json
import socket
import ssl
import struct
import termios
from enum import Enum, auto
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from hub.gateway.clients.proxies import CERTIFICATE
from hub.gateway.connections.one_write import OneWrite
from hub.gateway.connections.open_connections import OpenConnections
from hub.gateway.connections.request_target import is_ambiguous
from hub.rules.failures.errors import FAULTS, Fault
from hub.runtime.telemetry import Event, log


class _Phase(Enum):
    HEAD = auto()
    """The header of a request is awaited."""
    BODY = auto()
    ANSWER = auto()
    """The request is whole; the application works, or the next request may come."""
    REST = auto()
    """Answered before the request was whole; what still comes of it is thrown away."""
    DRAIN = auto()
    """Answered and to be closed; what still comes is thrown away."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection that ends when its peer is too slow or too large, see the limits."""

    def __init__(self, *arguments: Any, open_connections: OpenConnections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open_connections = open_connections
        self._limits = open_connections.limits
        self._phase = _Phase.HEAD
        self._since = 0.0
        """When the phase began, by the loop's time."""
        self._window = 0.0
        """When the window began in which the body's rate is measured."""
        self._window_bytes = 0
        self._head_bytes = 0
        self._drained = 0
        self._blocked_since: float | None = None
        """When the window began in which a reader's rate is measured, None while it keeps up."""
        self._untaken = 0
        """Bytes that it had not taken then."""
        self._cause = "request_malformed"
        self._certificate: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._enter(_Phase.HEAD)
        tls = transport.get_extra_info("ssl_object")
        if isinstance(tls, ssl.SSLObject):
            self._certificate = tls.getpeercert(binary_form=True)
        address = self.client[0] if self.client else ""
        if not self._open_connections.enter(self, address, self.loop):
            self._refuse("connections_full")
            # The open_connections does not check a line that it did not take in.
            self.loop.call_later(self._limits.drain_time.total_seconds(), transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.DRAIN:
            self._drain(len(data))
            return
        if self._phase is _Phase.ANSWER:  # also a line end before the request line begins the wait
            self._enter(_Phase.HEAD)
        self._window_bytes += len(data)
        super().data_received(data)
        if self._phase is _Phase.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes:
                self._refuse("header_too_large")
        elif self._phase is _Phase.REST:
            self._drain(len(data))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._unset_keepalive_if_required()  # set within the same data by the request before
        self._head_bytes = 0
        if self._phase is not _Phase.HEAD:
            self._enter(_Phase.HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._limits.target_bytes:
            self._stop("target_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + 4
        if len(self.headers) > self._limits.head_fields:
            self._stop("header_too_large")
        if self._head_bytes > self._limits.head_bytes:
            self._stop("header_too_large")

    def on_headers_complete(self) -> None:
        if is_ambiguous(self.url):
            self._stop("target_ambiguous")
        hosts = sum(name == b"host" for name, _ in self.headers)
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1") or (hosts != 1 and (hosts or version == "1.1")):
            self._stop("request_malformed")
        # Any other coding changes what the body is, and another program may undo it.
        if any(name == b"transfer-encoding" and not _is_chunked(it) for name, it in self.headers):
            self._stop("request_malformed")
        if self._certificate is not None:
            extensions: dict[str, Any] = {CERTIFICATE: self._certificate}
            self.scope["extensions"] = extensions
        self._enter(_Phase.BODY)
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":  # its answer has no body that the header could wait for
            self.cycle.transport = OneWrite(self.transport)  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        answered = self._phase is _Phase.REST
        self._enter(_Phase.ANSWER)
        super().on_message_complete()
        if answered:  # no answer follows that would begin the wait for the next request
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        # Else the body is that of a further request, behind the one that was answered.
        if self._phase is _Phase.BODY and self.cycle.response_complete:
            self._enter(_Phase.REST)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused; uvicorn's name for it."""
        del msg
        self._refuse(self._cause)

    def pause_writing(self) -> None:
        self._blocked_since, self._untaken = self.loop.time(), self._bytes_untaken()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._blocked_since = None
        super().resume_writing()

    def check(self, now: float) -> None:
        """End the connection if it waits too long."""
        limits = self._limits
        if self._blocked_since is not None:
            self._check_reader(now, now - self._blocked_since)
            return
        waited = now - self._since
        if self._phase is _Phase.DRAIN:
            if waited > limits.drain_time.total_seconds():
                self.transport.abort()
        elif self._phase is _Phase.REST:
            if waited > limits.drain_time.total_seconds():
                self.transport.close()
        elif self._phase is _Phase.HEAD:
            if waited > limits.head_time.total_seconds():
                self._end_slow_head()
        elif self._phase is _Phase.BODY:
            self._check_body(now)

    def _check_body(self, now: float) -> None:
        limits = self._limits
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            self._window, self._window_bytes = now, 0  # the hub is the slow one
            return
        if now - self._since > limits.body_time.total_seconds():
            self._refuse("request_slow")
            return
        passed = now - self._window
        if passed >= limits.body_window.total_seconds():
            if self._window_bytes < limits.body_rate * passed:
                self._refuse("request_slow")
                return
            self._window, self._window_bytes = now, 0

    def _check_reader(self, now: float, passed: float) -> None:
        if passed <= self._limits.write_time.total_seconds():
            return
        untaken = self._bytes_untaken()
        if self._untaken - untaken < self._limits.write_rate * passed:
            self._cut_off()
            return
        self._blocked_since, self._untaken = now, untaken

    def _bytes_untaken(self) -> int:
        """Return the bytes of answers that the other end has not confirmed, here or in the system.

        The system tells that there is room for more only when much of its own buffer is free, which
        takes a slow reader minutes.
        """
        waiting: int = self.transport.get_write_buffer_size()
        line = self.transport.get_extra_info("socket")
        if line is None or line.fileno() < 0:
            return waiting
        with contextlib.suppress(OSError):
            (sent,) = struct.unpack("i", fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, b"\0" * 4))
            waiting += sent
        return waiting

    def _end_slow_head(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if self._head_bytes or cycle is not None:
            self._refuse("request_slow")
        else:
            self.transport.close()  # it asked for nothing

    def _cut_off(self) -> None:
        """Reset the line: what the system has kept for a reader that takes nothing is freed."""
        line = self.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _enter(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self._window = self.loop.time()
        self._window_bytes = 0
        if phase is _Phase.HEAD:
            self._head_bytes = 0
        elif phase is _Phase.REST:
            self._drained = 0

    def _stop(self, code: str) -> None:
        """End the parser's work from one of its callbacks; it calls `send_400_response`."""
        self._cause = code
        raise httptools.HttpParserError(code)

    def _refuse(self, code: str) -> None:
        """Answer and close. Where an answer has begun already, only close."""
        if self._phase is _Phase.DRAIN or self.transport.is_closing():
            return
        log.warning(
            Event.REQUEST_REFUSED, code=code, status=FAULTS[code].status, where="connection"
        )
        self._unset_keepalive_if_required()
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # its application hears that nobody waits any more
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.abort()
                return
        self._enter(_Phase.DRAIN)
        self.flow.resume_reading()
        self.transport.write(_answer(FAULTS[code]))
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _drain(self, size: int) -> None:
        self._drained += size
        if self._drained > self._limits.drain_bytes:
            self.transport.abort()


def _is_chunked(coding: bytes) -> bool:
    return coding.strip().lower() == b"chunked"


def _answer(fault: Fault) -> bytes:
    sentences, status = fault.text, fault.status
    detail = {
        "type": fault.guide,
        "title": sentences.vi,
        "title_en": sentences.en,
        "status": status,
        "code": fault.code,
        "message": sentences.vi,
        "why": sentences.en,
    }
    body = json.dumps(detail, ensure_ascii=False).encode()
    head = (
        b"content-type: application/problem+json\r\nconnection: close\r\n"
        b"content-length: %d\r\n%s\r\n" % (len(body), b"retry-after: 5\r\n" * (status == 503))
    )
    return STATUS_LINE[status] + head + body
