"""A paper as a request to a printer: the hub's own, or one that an agent hosts."""

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.messages.envelope import Message
from hub.messages.payloads import PaperToPrint, Payload
from hub.ports.destinations import Request
from hub.rules.failures.errors import PermanentFailure

PRINT: Final = "Print-Job"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedPaper:
    """A paper that is wanted from a printer."""

    printer: str
    sha256: str
    media_type: str
    copies: int
    wanted_at: datetime


def request_for(message: Message, payload: Payload, printers: Container[str]) -> Request:
    """Return what is printed. Raises PermanentFailure where there is nothing, or no such printer.

    `printers`: the names of those that may be asked.
    """
    if not isinstance(payload, PaperToPrint) or not message.attachments:
        raise PermanentFailure("mapping_missing", f"nothing to print in {message.type}")
    if payload.printer not in printers:
        raise PermanentFailure("printer_unknown", payload.printer)
    file = message.attachments[0]
    paper = RequestedPaper(
        printer=payload.printer,
        sha256=file.sha256,
        media_type=file.media_type,
        copies=payload.copies,
        wanted_at=message.time,
    )
    return request_of(paper, number=payload.number, message_id=message.id)


def request_of(paper: RequestedPaper, *, number: str, message_id: str) -> Request:
    """Return the request to print a paper."""
    content = f"{paper.printer} {paper.sha256} {paper.media_type} {paper.copies}"
    return Request(
        operation=PRINT,
        number=number,
        body=paper,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        message_id=message_id,
    )
