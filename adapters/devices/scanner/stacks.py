"""A stack of pages whose file does not say where it belongs: its own codes do.

Every segment is stored before the first is told, so a stack enters whole or not at all. A segment
whose code tells dossier and component enters as `document.scanned`. Any other enters as
`pages.unread`, with the picture of its first page, and waits for a person.

Not promised: that two copies of one stack are seen to be the same when their times differ.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from hub.messages import catalog
from hub.messages.envelope import Attachment, decode, encode
from hub.messages.identifiers import derive_id
from hub.messages.payloads import DocumentScanned, PagesUnread
from hub.ports import Sink
from hub.ports.page_readers import PageReader, SplitSegment, SplitStack

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StackSource:
    """Where a stack came from."""

    role: str
    device: str
    at: datetime
    """When it was scanned."""
    sha256: str
    stamp: str
    """The file's own time in words: the same when it is taken once more."""


def submit(
    place: Path, media_type: str, source: StackSource, *, read: PageReader, sink: Sink
) -> SplitStack:
    """Hand the segments of a stack to the hub; return when all of them are durable.

    Raises InvalidMessage for a stack that cannot be taken; then nothing was told.
    """
    with tempfile.TemporaryDirectory(prefix="stack-") as folder:
        stack = read(place, media_type, Path(folder))
        files = [_stored(segment, sink) for segment in stack.segments]
    for segment, attached in zip(stack.segments, files, strict=True):
        _report(segment, attached, source, sink)
    unread = sum(it.cause is not None for it in stack.segments)
    log.info(
        "stack_split",
        role=source.role,
        pages=stack.pages,
        blank=stack.blank,
        segments=len(stack.segments),
        unread=unread,
    )
    return stack


def _stored(segment: SplitSegment, sink: Sink) -> list[Attachment]:
    component = segment.code.component if segment.code else ""
    pages = f"trang-{segment.first}"
    name = f"{component or pages}.pdf"
    with segment.document.open("rb") as stream:
        files = [
            sink.store_file(stream, name=name, media_type="application/pdf", component=component)
        ]
    if segment.picture is not None:
        with segment.picture.open("rb") as stream:
            files.append(sink.store_file(stream, name=f"{pages}.jpg", media_type="image/jpeg"))
    return files


def _report(
    segment: SplitSegment, files: list[Attachment], source: StackSource, sink: Sink
) -> None:
    code = segment.code
    payload: DocumentScanned | PagesUnread
    if segment.cause is None and code is not None:
        parts = (code.number, code.component, files[0].sha256)
        payload = DocumentScanned(
            number=code.number,
            component=code.component,
            scanned_at=source.at,
            device=source.device,
        )
    else:
        assert segment.cause is not None  # noqa: S101 - a segment has a code or a cause
        parts = (source.sha256, str(segment.first), source.stamp)
        payload = PagesUnread(
            number=code.number if code else "",
            component=code.component if code else "",
            cause=segment.cause,
            stack=source.sha256,
            first_page=segment.first,
            pages=segment.pages,
            scanned_at=source.at,
            device=source.device,
        )
    message = catalog.compose(
        payload,
        time=source.at,
        source=source.device,
        id=derive_id(catalog.type_of(payload).name, *parts),
        attachments=files,
    )
    sink.accept(decode(encode(message)))
