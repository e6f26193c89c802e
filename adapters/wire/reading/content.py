"""What a reply says, in UTF-8: codings undone, the root part taken, the charset read.

The usual reply, in UTF-8 without all that, goes through untouched.
"""

from functools import lru_cache

from adapters.wire.reading.findings import named
from adapters.wire.reading.reply import Reply
from adapters.wire.reading.transport import charset, coding, package
from hub.ports import DriftKind

UNPACKED_LIMIT = 8 * 1024 * 1024
"""Most bytes of a body after its codings are undone, as `Limits.reply_bytes` before."""
_USUAL = frozenset({"", "utf-8", "utf8"})


def text_of(reply: Reply, *, default: str = charset.UTF_8) -> str:
    """Return a body that declares nothing itself, such as JSON, as text.

    `default` is the charset of a reply that names none. Raises AmbiguousFailure
    `reply_unreadable`.
    """
    body, kind = _content(reply, "json")
    return charset.to_text(body, header=kind.charset, default=default, findings=reply.findings)


def xml_of(reply: Reply, *, default: str = charset.UTF_8) -> bytes:
    """Return the body as an XML document in UTF-8, whatever it was written in.

    A declaration is left only where it says so. Raises AmbiguousFailure `reply_unreadable`.
    """
    if _is_usual(reply.headers.get("content-type", ""), default) and _is_usual_xml(reply):
        return reply.body
    body, kind = _content(reply, "xml")
    text = charset.to_text(body, header=kind.charset, default=default, findings=reply.findings)
    return charset.without_declaration(text).encode("utf-8", "replace")


def unpacked(reply: Reply) -> bytes:
    """Return the body without its codings; raises AmbiguousFailure `reply_unreadable`."""
    codings = [it.lower() for it in reply.every("content-encoding")]
    return coding.undo(reply.body, codings, limit=UNPACKED_LIMIT, findings=reply.findings)


def _content(reply: Reply, wanted: str) -> tuple[bytes, package.MediaType]:
    """Return the body without codings and package, and its media type.

    `wanted` stands in the names of the media types that the contract means.
    """
    findings, body = reply.findings, unpacked(reply)
    kind = package.media_type(_one_type(reply))
    if kind.name.startswith("multipart/") and body.lstrip()[:1] not in (b"<", b"{", b"["):
        body, kind = package.root_part(body, kind, findings=findings)
    if kind.name and wanted not in kind.name:
        findings.add(DriftKind.MEDIA_TYPE, named(kind.name.replace("/", ".")))
    return body, kind


def _one_type(reply: Reply) -> str:
    """Return the Content-Type; raises AmbiguousFailure for two that differ."""
    values = {it.strip().lower() for it in reply.repeated.get("content-type", ())}
    if len(values) > 1 and len({package.media_type(it).charset for it in values}) > 1:
        raise reply.findings.refuse("Content-Type", "two that differ")
    return reply.header("content-type")


@lru_cache(maxsize=256)
def _is_usual(content_type: str, default: str) -> bool:
    kind = package.media_type(content_type)
    plain = not kind.name or "xml" in kind.name
    return plain and (kind.charset or default) in _USUAL


def _is_usual_xml(reply: Reply) -> bool:
    body = reply.body
    if "content-encoding" in reply.headers or "content-type" in reply.repeated:
        return False
    if body[:1] != b"<" or body[-1:] == b"\0":
        return False
    end = body.find(b"?>", 0, 200) if body.startswith(b"<?xml") else 0
    return not end or (end > 0 and charset.declared(body[:end]) in _USUAL)
