"""The one way in which calls to partners travel: pooled HTTP connections of bounded calls.

Promises that a failure names its phase. Before the first byte of a request has left, it is a
TransientFailure (certainly no effect); from then on an AmbiguousFailure (the partner may have done
it). A call whose claim is over by then is not made (NotAttempted). Nothing is ever repeated here:
no retries, no redirects. A connection is used again only when the reply proved to be the one to its
call (`echo`); without that proof each connection carries one call. The dialer opens connections;
sending and reading are done here because urllib3's pool does not tell the phases apart.
"""

import math
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection

from adapters.wire.connections import Dialer
from adapters.wire.connections.tls import late_refusal
from adapters.wire.echo import check_first, check_last, new_mark
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.transport.framing import Ending, read_reply
from hub.ports import DriftObserver, ignore_drift
from hub.ports.trace_context import trace_headers
from hub.rules.failures.errors import AmbiguousFailure, NotAttempted, TransientFailure

__all__ = ["Limits", "Reply", "Wire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much a call may take."""

    connect_timeout: timedelta = timedelta(seconds=5)
    reply_timeout: timedelta = timedelta(seconds=30)
    """For sending the request and reading the whole reply, together."""
    reply_bytes: int = 8 * 1024 * 1024
    connections: int = 8
    """How many idle connections are kept; more may be open at once."""
    idle: timedelta = timedelta(seconds=4)
    """An idle connection older than this is not used again: servers close theirs after 5 s and
    more, and one that is being closed while we write leaves an effect unknown."""


class Wire:
    """Carries calls to one partner; `call` may run in many threads."""

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        dialer: Dialer | None = None,
        partner: str = "",
        observe: DriftObserver = ignore_drift,
    ) -> None:
        """`base_url` is http(s)://host[:port][/path]; `dialer` opens connections to its host.

        Without a dialer it is called directly, and the system's roots are trusted. `partner` is the
        destination's name; `observe` gets the drift of its replies.
        """
        self.limits = limits or Limits()
        self._partner, self._observe = partner, observe
        self._dialer = dialer or Dialer(base_url, timeout=self.limits.connect_timeout)
        self._path = self._dialer.target_prefix + urlsplit(base_url).path.rstrip("/")
        self._idle: deque[tuple[HTTPConnection, float]] = deque()
        self._closed = threading.Event()

    def call(
        self,
        method: str,
        target: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        reply_timeout: timedelta | None = None,
        echo: str = "",
        operation: str = "",
        not_after: float = math.inf,
    ) -> Reply:
        """Make exactly one call and return the reply, whatever its status.

        `target` is appended to the base path, with its query. `echo` names the header field of the
        call's mark, "" where the partner gives none back. The caller reports the reply's findings
        when it has read the body. Raises NotAttempted (`claim_late`) where the first byte would
        leave after `not_after` (`time.monotonic`), TransientFailure (of the line and of TLS) and
        AmbiguousFailure (of the reply).
        """
        fields = {**({echo: new_mark()} if echo else {"Connection": "close"}), **(headers or {})}
        request = self._request(method, self._path + target or "/", fields, body)
        findings = Findings(self._partner, operation, observe=self._observe)
        connection, used = self._acquire() if echo else (self._dialer.open(), False)
        reusable = False
        try:
            patience = reply_timeout or self.limits.reply_timeout
            deadline = time.monotonic() + patience.total_seconds()
            _refuse_late(not_after)
            mark = (echo, fields.get(echo, ""))
            reply, reusable = self._exchange(
                connection.sock, request, deadline, findings, mark=mark, used=used
            )
            return reply
        except AmbiguousFailure:
            findings.report()
            raise
        finally:
            self._give_back(connection, reusable=reusable)

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their call ends."""
        self._closed.set()
        while self._idle:
            self._idle.pop()[0].close()

    def _request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        fields = {
            "Host": self._dialer.host_field,
            "Accept-Encoding": "identity",
            "User-Agent": "one-stop-hub",
            **self._dialer.headers,
            **trace_headers(),
            **headers,
            "Content-Length": str(len(body)),
        }
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        if any(character in line for line in lines for character in "\r\n\0") or " " in target:
            raise ValueError("a line break or space inside a request line or header field")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body

    def _exchange(
        self,
        sock: socket.socket,
        request: bytes,
        deadline: float,
        findings: Findings,
        *,
        mark: tuple[str, str],
        used: bool,
    ) -> tuple[Reply, bool]:
        """Return the reply, and whether the connection may carry another call after it."""
        reply, ending = self._send_and_read(sock, request, deadline, findings, fresh=not used)
        if check_first(reply, *mark, used=used, ending=ending):
            return reply, ending is Ending.REUSABLE
        check_last(reply, sock)
        return reply, False

    def _send_and_read(
        self,
        sock: socket.socket,
        request: bytes,
        deadline: float,
        findings: Findings,
        *,
        fresh: bool,
    ) -> tuple[Reply, Ending]:
        broken = _send(sock, request, deadline)
        try:
            limit = self.limits.reply_bytes
            return read_reply(
                sock, deadline=deadline, body_limit=limit, findings=findings, fresh=fresh
            )
        except AmbiguousFailure as failure:
            if broken:
                raise AmbiguousFailure("reply_dropped", broken) from failure
            raise

    def _acquire(self) -> tuple[HTTPConnection, bool]:
        """Return a connection, and whether it carried a call before."""
        oldest = time.monotonic() - self.limits.idle.total_seconds()
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return self._dialer.open(), False
            # Readable while idle: closed by the partner, or bytes that belong to no request.
            if since >= oldest and connection.is_connected:
                return connection, True
            connection.close()

    def _give_back(self, connection: HTTPConnection, *, reusable: bool) -> None:
        if not reusable or self._closed.is_set():
            connection.close()
            return
        self._idle.append((connection, time.monotonic()))
        if len(self._idle) > self.limits.connections:
            try:
                self._idle.popleft()[0].close()
            except IndexError:  # another thread was quicker
                return


def _send(sock: socket.socket, request: bytes, deadline: float) -> str:
    """Send the request; return "" or the name of the error that cut it short.

    A partner may refuse a request before having read all of it, so a broken line does not
    yet mean that there is no reply.
    """
    rest = memoryview(request)
    while rest:
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            rest = rest[sock.send(rest) :]
        except OSError as error:
            if len(rest) == len(request):
                raise _not_begun(sock, error) from None
            if isinstance(error, TimeoutError):
                raise AmbiguousFailure("reply_timeout", "while sending") from None
            return type(error).__name__
    return ""


def _refuse_late(not_after: float) -> None:
    if time.monotonic() > not_after:
        raise NotAttempted("claim_late", "nothing was sent", retry_after=timedelta())


def _not_begun(sock: socket.socket, error: OSError) -> TransientFailure:
    """Return why no byte could be sent; a closed line may hold what was said before it closed."""
    shown = error
    try:
        sock.settimeout(0)
        sock.recv(1)
    except OSError as why:
        shown = why
    other = f"{type(error).__name__} before the first byte"
    return late_refusal(shown) or TransientFailure("partner_unreachable", other)
