"""The seven types of files that the hub takes, how each begins, and which names fit each.

A whitelist, not an identifier: what begins in no known way is refused, whatever its sender calls
it. The first bytes only say what a file claims to be; `hub/file_checks` proves it. Pure.
"""

import unicodedata
from dataclasses import dataclass

HEAD = 1024
"""Bytes of a file's beginning that decide."""
PDF, JPEG, PNG, TIFF, XML = (
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "application/xml",
)
_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{_OOXML}wordprocessingml.document", f"{_OOXML}spreadsheetml.sheet"
ZIP = "application/zip"
"""How docx and xlsx begin; alone it is no type that the hub takes."""
MEANS_NOTHING = frozenset(
    {
        "",
        "application/octet-stream",
        "binary/octet-stream",
        "application/x-www-form-urlencoded",  # what curl says by itself
    }
)
"""Declared types that make no claim."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of files that the hub takes."""

    media_type: str
    endings: frozenset[str]
    also_called: frozenset[str] = frozenset()
    """Other media types that senders use for it."""


TYPES = {
    it.media_type: it
    for it in (
        FileType(PDF, frozenset({"pdf"}), frozenset({"application/x-pdf"})),
        FileType(
            JPEG,
            frozenset({"jpg", "jpeg", "jpe", "jfif"}),
            frozenset({"image/jpg", "image/pjpeg"}),
        ),
        FileType(PNG, frozenset({"png"}), frozenset({"image/x-png"})),
        FileType(TIFF, frozenset({"tif", "tiff"}), frozenset({"image/tif", "image/x-tiff"})),
        FileType(XML, frozenset({"xml"}), frozenset({"text/xml"})),
        FileType(DOCX, frozenset({"docx"})),
        FileType(XLSX, frozenset({"xlsx"})),
    )
}
"""The types by their media type."""
_OTHERS = """
7z ace ade apk app arj bat bin bmp bz2 cab chm cmd com cpl dll dmg doc docm dot dotm eml exe gif gz
hta htm html iso jar js jse lnk mht msi msp ods odt pif ppt pptm pptx ps1 py rar reg rtf scr sh svg
swf sys tar tgz tmp txt vbe vbs wasm webp wsf xhtml xls xlsb xlsm xz zip heic heif
"""
_ENDINGS = {ending: it.media_type for it in TYPES.values() for ending in it.endings}
_CLAIMS: dict[str, str] = dict.fromkeys(_OTHERS.split(), "another") | _ENDINGS
"""What the ending of a name claims; other endings claim nothing, as in "Đơn số 12.2026"."""
_SPACE = b"\0 \t\r\n"
_BOM = b"\xef\xbb\xbf"


def type_of(head: bytes) -> str:
    """Return the media type that a file's first bytes claim, ZIP for a zip, "" for no known one."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0\x08\0", b"MM\0+\0\x08")):
        return TIFF
    if head.startswith(b"PK\x03\x04"):
        return ZIP
    text = head.removeprefix(_BOM).lstrip(_SPACE)
    if text.startswith(b"%PDF-"):
        return PDF
    return XML if _is_xml(head, text) else ""


def _is_xml(head: bytes, text: bytes) -> bool:
    """Tell whether it begins like XML: a declaration, or at once an element with a plain name."""
    if head.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0?\0", b"\0<\0?")):
        return True
    return text.startswith(b"<?xml") or (
        text[:1] == b"<" and (text[1:2].isalpha() or text[1:4] == b"!--" or text[1:2] == b"_")
    )


def lie_of(media_type: str, *, name: str, declared: str) -> str:
    """Return which claim of the sender the content of type `media_type` contradicts, "" for none.

    `name` or `media_type`; a claim about content whose type is not known is not judged.
    """
    known = TYPES.get(media_type)
    if any(unicodedata.bidirectional(letter) in _DIRECTION_MARKS for letter in name):
        return "name"
    if known is None:
        return ""
    ending = name.rpartition(".")[2].strip().lower() if "." in name else ""
    if _CLAIMS.get(ending, media_type) != media_type:
        return "name"
    named = declared.partition(";")[0].strip().lower()
    if named in MEANS_NOTHING or named == media_type or named in known.also_called:
        return ""
    return "media_type"


_DIRECTION_MARKS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Signs that turn the direction of writing: `exe.fdp` then looks like another ending."""
