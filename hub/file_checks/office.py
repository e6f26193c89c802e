"""Parses docx and xlsx: a zip that unpacks to what it says, with the parts of its type.

Macros, ActiveX, embedded files and links that Word follows by itself (a template from elsewhere)
are active. Each part is unpacked piece by piece up to its told size and checked by its CRC; parts
that overlap, unpack to too much or to far more than they take are a bomb.
"""

import zipfile
import zlib
from pathlib import Path

from lxml import etree

from hub.file_checks import xml
from hub.file_checks.verdicts import ACTIVE, BOMB, BROKEN, LOCKED, TYPE, Rejected

MOST_PARTS = 10_000
MOST_UNPACKED = 512 * 1024 * 1024
LARGEST_XML = 64 * 1024 * 1024
MOST_TIMES = 200
"""How much larger than in the zip a part of some size may become."""
_SMALL = 1024 * 1024
_PIECE = 256 * 1024
_WORD, _SHEET = "wordprocessingml.document", "spreadsheetml.sheet"
_MAIN = {
    "word/document.xml": (f"application/vnd.openxmlformats-officedocument.{_WORD}", _WORD),
    "xl/workbook.xml": (f"application/vnd.openxmlformats-officedocument.{_SHEET}", _SHEET),
}
_ACTIVE_NAMES = ("vbaproject", "vbadata", "activex", "/embeddings/", "macrosheets", "oleobject")
_FOLLOWED = ("attachedtemplate", "oleobject", "frame", "subdocument", "externallinkpath")
"""Relations of which the program opens the other end by itself, when it is outside of the file."""
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def check(place: Path) -> str:
    """Return the media type, docx or xlsx; raises Rejected."""
    try:
        with zipfile.ZipFile(place) as whole:
            return _check(whole, place.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeError) as error:
        raise Rejected(BROKEN, f"the zip cannot be read ({type(error).__name__})") from None
    except RuntimeError as error:  # "encrypted, password required"
        if "password" not in str(error):
            raise
        raise Rejected(LOCKED, "a part of the zip needs a password") from None


def media_type_of(place: Path) -> str:
    """Return docx or xlsx by the names in a zip, "" for another one; nothing is unpacked."""
    try:
        with zipfile.ZipFile(place) as whole:
            names = set(whole.namelist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    return next((kind for name, (kind, _) in _MAIN.items() if name in names), "")


def _check(whole: zipfile.ZipFile, size: int) -> str:
    parts = whole.infolist()
    _check_sizes(parts, size)
    names = {part.filename for part in parts}
    if len(names) != len(parts):
        raise Rejected(BOMB, "two parts with one name")
    main = next((name for name in _MAIN if name in names), "")
    if not main or "[Content_Types].xml" not in names:
        raise Rejected(TYPE, "a zip, but neither docx nor xlsx")
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or "\\" in name:
            raise Rejected(BROKEN, "a part's name leads out of the file")
        if any(word in name.lower() for word in _ACTIVE_NAMES):
            raise Rejected(ACTIVE, "macros, ActiveX or an embedded file")
    for part in parts:
        _read(whole, part)
    media_type, kind = _MAIN[main]
    _check_main(whole, main, kind)
    return media_type


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    if len(parts) > MOST_PARTS:
        raise Rejected(BOMB, f"more than {MOST_PARTS} parts")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Rejected(BOMB, f"unpacks to more than {MOST_UNPACKED} bytes")
    if sum(part.compress_size for part in parts) > size:
        raise Rejected(BOMB, "parts overlap")
    behind = 0
    for part in sorted(parts, key=lambda it: it.header_offset):
        if part.header_offset < behind:
            raise Rejected(BOMB, "parts overlap")
        behind = part.header_offset + part.compress_size
        if part.file_size > _SMALL and part.file_size > MOST_TIMES * part.compress_size:
            raise Rejected(BOMB, f"a part becomes more than {MOST_TIMES} times as large")


def _read(whole: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part to its end: the CRC is compared there. XML must be well formed too."""
    name = part.filename.lower()
    with whole.open(part) as stream:
        if name.endswith((".xml", ".rels")):
            if part.file_size > LARGEST_XML:
                raise Rejected(BOMB, f"a part of XML over {LARGEST_XML} bytes")
            xml.parse(stream)
        while stream.read(_PIECE):
            pass
    if name.endswith(".rels"):
        _check_relations(whole, part)


def _check_main(whole: zipfile.ZipFile, main: str, kind: str) -> None:
    root = _tree(whole, "[Content_Types].xml")
    types = {
        (element.get("PartName") or "").lstrip("/"): element.get("ContentType") or ""
        for element in root.iter("{*}*")
    }
    if any("macroenabled" in content_type.lower() for content_type in types.values()):
        raise Rejected(ACTIVE, "macros")
    if kind not in types.get(main, ""):
        raise Rejected(TYPE, "a zip, but neither docx nor xlsx")


def _check_relations(whole: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    for relation in _tree(whole, part.filename).iter(_RELATION):
        kind = (relation.get("Type") or "").rpartition("/")[2].lower()
        if relation.get("TargetMode") == "External" and kind in _FOLLOWED:
            raise Rejected(ACTIVE, "a link that is followed without asking")


def _tree(whole: zipfile.ZipFile, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    if whole.getinfo(name).file_size > _SMALL:
        raise Rejected(BOMB, f"{_SMALL} bytes of relations")
    return etree.fromstring(whole.read(name), parser)
