"""Parses a PDF by qpdf: it has pages, no password, and nothing that acts or carries a file.

Active are JavaScript, launch actions, embedded files, XFA forms and rich media, wherever in the
file they stand, used or not. `clean` writes a copy without them. A signed PDF is never cleaned:
the copy's signature would be broken. Streams of pages are not unpacked, so they cannot explode.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf

from hub.file_checks.verdicts import ACTIVE, BOMB, BROKEN, LOCKED, Rejected

MOST_OBJECTS = 1_000_000
DEEPEST = 100
_KEYS = {
    "/JS": "JavaScript",
    "/JavaScript": "JavaScript",
    "/EmbeddedFiles": "an embedded file",
    "/EF": "an embedded file",
    "/RichMedia": "rich media",
    "/RichMediaContent": "rich media",
    "/XFA": "an XFA form",
}
_ACTIONS = {
    "/JavaScript": "JavaScript",
    "/Launch": "a launch action",
    "/GoToE": "an embedded file",
    "/Rendition": "rich media",
    "/Movie": "rich media",
    "/Sound": "rich media",
    "/RichMediaExecute": "rich media",
}
_NOTES = {"/FileAttachment": "an embedded file", "/RichMedia": "rich media", "/3D": "rich media"}


def check(place: Path, *, clean_to: Path | None) -> bool:
    """Return whether a cleaned copy was written to `clean_to`; raises Rejected."""
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL)
    with _opened(place) as pdf:
        found = sorted({what for _, what in _active(pdf)})
        if not found:
            return False
        if clean_to is None:
            raise Rejected(ACTIVE, ", ".join(found))
        if any("/ByteRange" in node for node in _dictionaries(pdf)):
            raise Rejected(ACTIVE, f"{', '.join(found)}; signed, so it cannot be cleaned")
        _clean(pdf)
        pdf.save(clean_to)
    with _opened(clean_to) as again:
        if left := sorted({what for _, what in _active(again)}):
            raise Rejected(ACTIVE, f"{', '.join(left)} could not be removed")
    return True


def _opened(place: Path) -> pikepdf.Pdf:
    try:
        pdf = pikepdf.open(place, access_mode=pikepdf.AccessMode.stream)
    except pikepdf.PasswordError:
        raise Rejected(LOCKED, "the PDF needs a password") from None
    except pikepdf.PdfError:
        raise Rejected(BROKEN, "the PDF cannot be read") from None
    if len(pdf.objects) > MOST_OBJECTS:
        raise Rejected(BOMB, f"more than {MOST_OBJECTS} objects")
    try:
        pages = len(pdf.pages)
    except (pikepdf.PdfError, RuntimeError, ValueError):
        pages = 0
    if not pages:
        raise Rejected(BROKEN, "the PDF has no page")
    return pdf


def _active(pdf: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, str]]:
    """Yield each dictionary that acts or carries a file, with what it is."""
    for node in _dictionaries(pdf):
        for key in node.keys():  # noqa: SIM118 - a stream's dictionary has no other iterator
            if what := _KEYS.get(key):
                yield node, what
        if what := _ACTIONS.get(_name(node, "/S")) or _NOTES.get(_name(node, "/Subtype")):
            yield node, what
        if _name(node, "/Type") == "/EmbeddedFile":
            yield node, "an embedded file"


def _name(node: pikepdf.Object, key: str) -> str:
    value = node.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every dictionary, those within others too; each indirect object is visited once."""
    for top in [*pdf.objects, pdf.trailer]:
        waiting: list[tuple[Any, int]] = [(top, 0)]  # plain values of Python stand among them
        while waiting:
            node, depth = waiting.pop()
            if depth > DEEPEST:
                raise Rejected(BOMB, f"nested deeper than {DEEPEST}")
            if not isinstance(node, pikepdf.Object) or (depth and node.is_indirect):
                continue
            if isinstance(node, pikepdf.Array):
                waiting += [(it, depth + 1) for it in node]
            elif isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
                yield node
                waiting += [(node.get(key), depth + 1) for key in node.keys()]  # noqa: SIM118


def _clean(pdf: pikepdf.Pdf) -> None:
    """Empty what acts; a reader passes over an action or a note without a kind."""
    for node, _ in list(_active(pdf)):
        acts = _name(node, "/S") in _ACTIONS or _name(node, "/Subtype") in _NOTES
        carries = _name(node, "/Type") == "/EmbeddedFile"
        gone = [key for key in node.keys() if acts or carries or key in _KEYS]  # noqa: SIM118
        for key in gone:
            if key != "/Length":
                del node[key]
        if carries and isinstance(node, pikepdf.Stream):
            node.write(b"")
