"""Signed calls by MTOM: the signature is over the envelope with each file in it as base64.

So says XOP: a package stands for the document whose files it has taken out. A signed call is put
together again, in memory, and then verified like one that came without parts. All of it has the
limit of a signed envelope. Base64 without line ends is what XOP takes files out of.
"""

import base64
from dataclasses import dataclass, field

from lxml import etree

from hub.gateway.soap.names import CONTENT, XOP_INCLUDE, Version
from hub.gateway.soap.reading.envelope import Guard, content_id_of
from hub.gateway.soap.ws_security.call_security import WHOLE_MOST
from hub.messages.invalid import InvalidMessage


@dataclass(slots=True)
class SignedPackage:
    """The guard of one MTOM call, which keeps the parts of a signed one."""

    guard: Guard
    is_signed: bool = False
    """Known when the envelope was read as far as its operation."""
    _parts: dict[str, bytearray] = field(default_factory=dict)

    def begins(self, header: etree._Element | None, version: Version) -> bool:
        """Return whether the package must be kept whole, because it is signed."""
        self.is_signed = self.guard.begins(header, version)
        return self.is_signed

    def verified(self, whole: bytes, encoding: str | None) -> bytes:
        """Return an envelope of what was signed, files included."""
        return self.guard.verified(self._with_files(whole, encoding), None)

    def open(self, name: str) -> "_KeptPart":
        """Return where the bytes of a part go; raises InvalidMessage."""
        if not name or name in self._parts:
            raise _invalid("multipart", "every part behind the first has a Content-ID of its own")
        self._parts[name] = bytearray()
        return _KeptPart(self, name)

    def keep(self, name: str, data: bytes) -> None:
        """Keep further bytes of a part; raises InvalidMessage."""
        self._parts[name] += data
        self._check_size(0)

    def _check_size(self, envelope: int) -> None:
        letters = sum(4 * len(part) // 3 for part in self._parts.values())
        if envelope + letters > WHOLE_MOST:
            why = f"a signed call with its files as base64 is over {WHOLE_MOST} bytes"
            raise InvalidMessage("message_too_large", where="envelope", why=why)

    def _with_files(self, whole: bytes, encoding: str | None) -> bytes:
        from hub.gateway.soap.ws_security.signature import (
            parse,
        )  # loaded with the first signed call

        self._check_size(len(whole))
        root, left = parse(whole, encoding=encoding), dict(self._parts)
        for include in list(root.iter(XOP_INCLUDE)):
            content = include.getparent()
            if content is None or content.tag != CONTENT or not _is_alone(include, content):
                raise _invalid("xop:Include", "alone in noiDung, without spaces around")
            part = left.pop(content_id_of(include.get("href", "")), None)
            if part is None:
                raise _invalid("xop:Include", "names a part that is not there, or was named before")
            content.remove(include)
            content.text = base64.b64encode(part).decode()
        if left:
            raise _invalid("multipart", "no xop:Include of the envelope names this part")
        return bytes(etree.tostring(root, encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _KeptPart:
    package: SignedPackage
    name: str

    def write(self, data: bytes) -> None:
        self.package.keep(self.name, data)

    def end(self) -> None:
        """Nothing is left to do."""


def _is_alone(include: etree._Element, content: etree._Element) -> bool:
    return len(content) == 1 and not len(include) and not (content.text or include.tail)


def _invalid(where: str, why: str) -> InvalidMessage:
    return InvalidMessage("call_invalid", where=where, why=why)
