"""Asks a partner for the documents of its contract, within bounds, over lines of its own.

Every document is asked for at the host that the profile names, whatever host an import gives: a
WSDL often names the machine on which it was made. Redirects are not followed, nothing is repeated,
and no login is shown.
"""

import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

from lxml import etree

from adapters.wire.connections.addresses import split
from adapters.wire.connections.hosts import HostConnections
from adapters.wire.contracts.refused import NotServed, UnreadableContract
from adapters.wire.http import Limits, Reply
from adapters.wire.profile import Profile
from adapters.wire.reading.content import text_of
from adapters.wire.reading.documents.xml import page_in, read_xml
from adapters.wire.replies import retry_after
from hub.rules.failures.errors import AmbiguousFailure, DeliveryFailure

DOCUMENT = 4 * 1024 * 1024
"""Bytes of one document."""
TOGETHER = 12 * 1024 * 1024
DOCUMENTS = 60
WITHIN = timedelta(minutes=2)
"""For all documents together."""
PATIENCE = timedelta(seconds=10)
"""The longest wait for one document: nothing waits for it, and the hub has to be able to stop."""
_LATER = {408, 425, 429}


class Away(Exception):
    """The partner could not be asked now; the text says why."""

    def __init__(self, why: str, *, wait: timedelta | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Documents:
    """Fetches documents of one partner; one thread at a time."""

    def __init__(self, url: str, profile: Profile, limits: Limits) -> None:
        """`limits` are those of a call. Raises ValueError and OSError as `HostConnections` does."""
        own = Limits(
            connect_timeout=limits.connect_timeout,
            reply_timeout=min(limits.reply_timeout, PATIENCE),
            reply_bytes=DOCUMENT,
            connections=1,
        )
        self._wires = HostConnections(url, profile, own)
        self._charset = profile.encodings.charset
        self._origin = ""
        self._left, self._bytes, self._until = 0, 0, 0.0
        self._stop = threading.Event()

    def begin(self, address: str, stop: threading.Event) -> None:
        """Start anew, with the document at `address`."""
        self._origin = split(address)[0]
        self._left, self._bytes, self._stop = DOCUMENTS, TOGETHER, stop
        self._until = time.monotonic() + WITHIN.total_seconds()

    def xml(self, address: str) -> etree._Element:
        """Return the root of an XML document; raises NotServed, Unreadable, Away."""
        reply = self._get(address)
        try:
            return read_xml(reply, default=self._charset)
        except AmbiguousFailure as failure:
            raise UnreadableContract(failure.detail.partition(";")[0]) from None

    def text(self, address: str) -> str:
        """Return a document in JSON or YAML; raises NotServed, Unreadable, Away."""
        reply = self._get(address)
        try:
            return text_of(reply, default=self._charset)
        except AmbiguousFailure as failure:
            raise UnreadableContract(failure.detail.partition(";")[0]) from None

    def close(self) -> None:
        """Give back connections."""
        self._wires.close()

    def _get(self, address: str) -> Reply:
        self._left -= 1
        if self._left < 0:
            raise UnreadableContract(f"more than {DOCUMENTS} documents")
        if self._stop.is_set() or time.monotonic() > self._until:
            raise Away(f"not all documents within {WITHIN.total_seconds():.0f} s")
        if urlsplit(address).scheme not in {"http", "https"}:
            raise NotServed("an address of another kind")
        target = split(address)[1]
        if not target.isascii() or not target.isprintable() or " " in target:
            raise NotServed("an address that cannot be called")
        wire, target = self._wires.to(self._origin + target)
        try:
            reply = wire.call("GET", target, operation="")
        except DeliveryFailure as failure:
            why = f"{failure.code}: {failure.detail}" if failure.detail else failure.code
            if failure.code == "reply_unreadable":
                raise UnreadableContract(why) from None
            raise Away(why) from None
        self._bytes -= len(reply.body)
        if self._bytes < 0:
            raise UnreadableContract(f"more than {TOGETHER // 1024 // 1024} MiB together")
        _expect_document(reply)
        return reply


def _expect_document(reply: Reply) -> None:
    status = reply.status
    if status in _LATER or (status >= 500 and status != 501):
        raise Away(f"HTTP {status}", wait=retry_after(reply))
    if not 200 <= status < 300:
        raise NotServed(f"HTTP {status}")
    if page_in(reply):
        raise NotServed("an HTML page")
    if not reply.body.strip():
        raise NotServed("an empty reply")
