"""The calls of a printer by IPP: over the hub's own wire, each exactly once.

A call that reads has no effect, however it ends. `print_document` has three outcomes: the printer
has the job and names its number; it certainly has no job (TransientFailure, PrinterRefused); or
that is not known (AmbiguousFailure). Nothing is repeated here.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from adapters.devices.printer.ipp import (
    MEDIA_TYPE,
    Attributes,
    Group,
    IppReply,
    Operation,
    Tag,
    UnreadableReply,
    Value,
    Written,
    read_reply,
    write_request,
)
from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Tls
from adapters.wire.replies import digest, evidenced, expect_success
from hub.rules.failures.errors import AmbiguousFailure

USER = "hub"
"""The user of every job; never a person's name."""
_SCHEMES: Final = {"ipp": "http", "ipps": "https"}
_PORT: Final = 631
_LATER: Final = (408, 425, 429)
"""Statuses of HTTP below 500 of a printer that cannot answer now."""
LIMITS: Final = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=15),
    reply_bytes=1024 * 1024,
    connections=0,
)


NOT_FOUND: Final = 0x0406
"""The printer knows no such printer or job."""
_NOT_TAKEN: Final = frozenset({0x0501, 0x0502, 0x0503, 0x0506, 0x0507})
"""Server errors before any work: not supported, unavailable, version, not accepting, busy."""


JOB_ATTRIBUTES: Final = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "time-at-creation",
    "time-at-completed",
    "job-printer-up-time",
)
"""What the hub asks of a job; the times are seconds of the printer's own clock."""


class NotIpp(Exception):
    """The address answered, but not as a printer by IPP; the text says how, without content."""

    def __init__(self, why: str, *, response_hash: str = "") -> None:
        super().__init__(why)
        self.response_hash = response_hash


class PrinterRefused(Exception):
    """A printer answered by IPP that it did not do what was asked."""

    def __init__(self, status: int, *, response_hash: str = "") -> None:
        super().__init__(f"IPP status {status:#06x}")
        self.status = status
        self.response_hash = response_hash

    @property
    def is_passing(self) -> bool:
        """Whether the cause lies in the printer's state (busy, disturbed), not in the request."""
        return 0x0500 <= self.status <= 0x05FF

    @property
    def is_certain(self) -> bool:
        """Whether a document of this request was certainly not taken."""
        return 0x0400 <= self.status <= 0x04FF or self.status in _NOT_TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunJob:
    """The printer's word that it has a document."""

    number: int
    name: str
    """As the printer repeats it, "" where it does not."""
    response_hash: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer is."""

    uri: str
    """ipp://host[:port]/path, as the printer wants to be called in each request."""
    url: str
    """The same for HTTP."""

    @classmethod
    def of(cls, uri: str) -> "Address":
        """Read ipp:// or ipps://. Raises ValueError for another address."""
        parts = urlsplit(uri)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.username or parts.query:
            raise ValueError("a printer's address is ipp://host/path or ipps://host/path")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        place = f"{host}:{parts.port or _PORT}"
        path = parts.path or "/ipp/print"
        return cls(
            urlunsplit((parts.scheme, place, path, "", "")),
            urlunsplit((_SCHEMES[parts.scheme], place, path, "", "")),
        )


class IppPrinter:
    """One printer; `call` may run in many threads."""

    def __init__(self, uri: str, *, ca_file: str = "", limits: Limits = LIMITS) -> None:
        """Raises ValueError for an address that is none, OSError for the file of the roots."""
        self.address = Address.of(uri)
        tls = Tls(ca_file=ca_file) if ca_file else Tls()
        dialer = Dialer(self.address.url, timeout=limits.connect_timeout, tls=tls)
        self._wire = Wire(self.address.url, limits=limits, dialer=dialer)
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()

    def attributes(self, names: Sequence[str]) -> Attributes:
        """Return attributes of the printer. Raises PrinterRefused and what `call` raises."""
        wanted = [Written(Tag.KEYWORD, "requested-attributes", tuple(names))]
        return self._well(Operation.GET_PRINTER_ATTRIBUTES, wanted).group(Group.PRINTER)

    def validate(self, *, name: str, media_type: str) -> IppReply:
        """Ask whether the printer would take a document; it prints nothing."""
        return self.call(Operation.VALIDATE_JOB, self._document(name, media_type))

    def print_document(
        self,
        document: bytes,
        *,
        name: str,
        media_type: str,
        copies: int = 1,
        not_after: float = math.inf,
    ) -> BegunJob:
        """Hand a document over and return its job.

        Raises TransientFailure or PrinterRefused where the printer certainly has not taken it,
        NotAttempted where it is too late to begin, and AmbiguousFailure where that is not known.
        """
        wanted = self._document(name, media_type)
        template = [Written(Tag.INTEGER, "copies", (copies,))]
        try:
            reply = self._well(
                Operation.PRINT_JOB, wanted, template, document=document, not_after=not_after
            )
        except NotIpp as error:
            raise _unreadable(str(error), error.response_hash) from error
        except PrinterRefused as refusal:
            if refusal.is_certain:
                raise
            failure = AmbiguousFailure("reply_server_error", str(refusal))
            failure.response_hash = refusal.response_hash
            raise failure from refusal
        job = reply.group(Group.JOB)
        number, shown = first(job, "job-id"), first(job, "job-name")
        if not isinstance(number, int) or isinstance(number, bool):
            raise _unreadable("the reply names no job", reply.response_hash)
        if shown and not name.startswith(str(shown)):
            raise _unreadable("the reply names the job of another paper", reply.response_hash)
        return BegunJob(number=number, name=str(shown or ""), response_hash=reply.response_hash)

    def jobs(self, which: str) -> tuple[list[Attributes], str]:
        """Return the hub's own jobs and the sha256 of the reply.

        `which`: `completed` (also those that were aborted) or `not-completed`. Raises as `call`
        does, and PrinterRefused.
        """
        wanted = [
            Written(Tag.NAME, "requesting-user-name", (USER,)),
            Written(Tag.KEYWORD, "which-jobs", (which,)),
            Written(Tag.BOOLEAN, "my-jobs", (True,)),
            Written(Tag.KEYWORD, "requested-attributes", JOB_ATTRIBUTES),
        ]
        reply = self._well(Operation.GET_JOBS, wanted)
        return reply.all(Group.JOB), reply.response_hash

    def job(self, number: int) -> Attributes:
        """Return how a job is. Raises PrinterRefused (`NOT_FOUND`) for a job of long ago."""
        wanted = [
            Written(Tag.INTEGER, "job-id", (number,)),
            Written(Tag.NAME, "requesting-user-name", (USER,)),
        ]
        return self._well(Operation.GET_JOB_ATTRIBUTES, wanted).group(Group.JOB)

    def call(
        self,
        operation: Operation,
        attributes: Sequence[Written],
        template: Sequence[Written] = (),
        *,
        document: bytes = b"",
        not_after: float = math.inf,
    ) -> IppReply:
        """Make one call and return the reply, whatever its status by IPP.

        `template`: attributes of the job. `not_after` as in `Destination.send`. Raises NotIpp,
        TransientFailure and AmbiguousFailure: the last two also where HTTP says that the printer
        cannot answer now.
        """
        number = next(self._ids)
        uri = Written(Tag.URI, "printer-uri", (self.address.uri,))
        groups = [(Group.OPERATION, [uri, *attributes])]
        if template:
            groups.append((Group.JOB, [*template]))
        body = write_request(operation, number, groups, document=document)
        headers = {"Content-Type": MEDIA_TYPE}
        reply = self._wire.call("POST", body=body, headers=headers, not_after=not_after)
        with evidenced(reply):
            if reply.status >= 500 or reply.status in _LATER:
                expect_success(reply)
        if reply.status != 200:
            raise NotIpp(f"HTTP {reply.status}", response_hash=digest(reply))
        try:
            found = read_reply(reply.body)
        except UnreadableReply as error:
            raise NotIpp(str(error), response_hash=digest(reply)) from None
        if found.request_id != number:
            why = "the reply belongs to another request"
            raise NotIpp(why, response_hash=digest(reply))
        return replace(found, response_hash=digest(reply))

    def _well(
        self,
        operation: Operation,
        attributes: Sequence[Written],
        template: Sequence[Written] = (),
        *,
        document: bytes = b"",
        not_after: float = math.inf,
    ) -> IppReply:
        reply = self.call(operation, attributes, template, document=document, not_after=not_after)
        if not reply.well:
            raise PrinterRefused(reply.status, response_hash=reply.response_hash)
        return reply

    def _document(self, name: str, media_type: str) -> list[Written]:
        return [
            Written(Tag.NAME, "requesting-user-name", (USER,)),
            Written(Tag.NAME, "job-name", (name,)),
            Written(Tag.MEDIA_TYPE, "document-format", (media_type,)),
        ]


def first(attributes: Attributes, name: str) -> Value:
    """Return the first value of an attribute, None where there is none."""
    return next(iter(attributes.get(name, ())), None)


def _unreadable(why: str, response_hash: str) -> AmbiguousFailure:
    failure = AmbiguousFailure("reply_unreadable", why)
    failure.response_hash = response_hash
    return failure
