"""Takes the root part out of a multipart package (MTOM and the like), and reads media types.

The other parts are attachments that no contract of the hub has; they are not looked at. A package
whose root part cannot be told has two readings and is refused.
"""

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from adapters.wire.reading.findings import Findings
from hub.ports import DriftKind

_PARAMETER = re.compile(r';\s*([A-Za-z0-9_.*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_PARTS = 100
"""Most parts of a package."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A Content-Type: `name` and the names of parameters are lower-case."""

    name: str
    parameters: dict[str, str]

    @property
    def charset(self) -> str:
        """The charset that it names, lower-case, "" for none."""
        return self.parameters.get("charset", "").strip().strip("'").lower()


@lru_cache(maxsize=256)
def media_type(value: str) -> MediaType:
    """Return a Content-Type as a record; of a repeated parameter the first counts."""
    name = value.partition(";")[0].strip().lower()
    parameters: dict[str, str] = {}
    for found in _PARAMETER.finditer(value):
        text = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        parameters.setdefault(found[1].lower(), text)
    return MediaType(name, parameters)


def root_part(body: bytes, package: MediaType, *, findings: Findings) -> tuple[bytes, MediaType]:
    """Return the root part of a package, and its media type.

    The root is the part that `start` names, else the first. Raises AmbiguousFailure.
    """
    boundary = package.parameters.get("boundary", "").encode("latin-1", "replace")
    if not boundary:
        raise findings.refuse("Content-Type", "multipart without a boundary")
    parts = [_part(raw) for raw in _split(body, boundary, findings)]
    start = _identity(package.parameters.get("start", ""))
    named = [it for it in parts if start and _identity(it[0].get("content-id", "")) == start]
    if start and len(named) != 1 and len(parts) > 1:
        raise findings.refuse("Content-Type", "multipart whose root part is not among the parts")
    fields, content = named[0] if len(named) == 1 else parts[0]
    findings.add(DriftKind.PACKAGE, "multipart")
    coding = fields.get("content-transfer-encoding", "binary").strip().lower()
    return _plain(content, coding, findings), media_type(fields.get("content-type", ""))


def _split(body: bytes, boundary: bytes, findings: Findings) -> list[bytes]:
    """Return the parts between the boundaries; a part that none ends is cut off, so refused."""
    line = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    ends = list(line.finditer(body))
    if len(ends) > _PARTS:
        raise findings.refuse("body", f"a package of more than {_PARTS} parts")
    if len(ends) < 2 or ends[0][1]:
        raise findings.refuse("body", "a package without a whole part")
    parts = []
    for opened, closed in pairwise(ends):
        if opened[1]:
            break
        parts.append(body[opened.end() : closed.start()])
    return parts


def _part(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Return header fields and content of a part."""
    found = re.search(rb"\A\r?\n(?=\r?\n)|\r?\n\r?\n", raw)
    if found is None:
        return {}, raw
    head, content = raw[: found.start()], raw[found.end() :]
    if not head:
        content = content.removeprefix(b"\r").removeprefix(b"\n")
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).decode("latin-1").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, content


def _identity(text: str) -> str:
    return text.strip().removeprefix("<").removesuffix(">").strip()


def _plain(content: bytes, coding: str, findings: Findings) -> bytes:
    if coding in {"binary", "8bit", "7bit", ""}:
        return content
    if coding == "quoted-printable":
        return quopri.decodestring(content)
    if coding != "base64":
        raise findings.refuse("Content-Transfer-Encoding", "a coding that the hub does not know")
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error:
        raise findings.refuse("body", "a root part that is no base64") from None
