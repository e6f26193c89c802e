"""Parses XML as it comes, without a tree: well formed, no DTD, no entity, no network.

A web page or a drawing with scripts in it is no paper of a dossier, although it is XML.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from lxml import etree

from hub.file_checks.verdicts import ACTIVE, BOMB, BROKEN, TYPE, Rejected

DEEPEST = 200
MOST_ELEMENTS = 5_000_000
_PIECE = 256 * 1024
_FOR_BROWSERS = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")


def check(place: Path) -> None:
    """Raise Rejected for what is no XML that may be stored."""
    with place.open("rb") as stream:
        parse(stream)


def parse(stream: IO[bytes]) -> None:
    """Read XML to its end; raises Rejected."""
    target: Any = _Counting()
    parser = etree.XMLParser(
        target=target, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        while piece := stream.read(_PIECE):
            parser.feed(piece)
        parser.close()
    except etree.XMLSyntaxError as error:
        if target.cause is not None:
            raise target.cause from None
        line = error.position[0]
        raise Rejected(BROKEN, f"the XML is not well formed, line {line}") from None
    if target.cause is not None:
        raise target.cause


class _Counting:
    """What lxml's parser calls; the parser replaces what is raised here, so it is kept."""

    def __init__(self) -> None:
        self.cause: Rejected | None = None
        self._depth = self._elements = 0

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST or self._elements > MOST_ELEMENTS:
            self._reject(BOMB, f"nested deeper than {DEEPEST}, or over {MOST_ELEMENTS} elements")
        namespace, _, name = tag.removeprefix("{").rpartition("}")
        page = namespace in _FOR_BROWSERS or name.lower() in {"html", "svg"}
        if self._elements == 1 and page:
            self._reject(TYPE, "a web page or a drawing")

    def end(self, _tag: str) -> None:
        self._depth -= 1

    def data(self, _text: str) -> None:
        """Pass over text."""

    def comment(self, _text: str) -> None:
        """Pass over comments."""

    def pi(self, target: str, _data: str | None = None) -> None:
        if target.lower() == "xml-stylesheet":
            self._reject(ACTIVE, "a style sheet is called for")

    def doctype(self, *_: object) -> None:
        self._reject(ACTIVE, "a DTD")

    def close(self) -> None:
        """No tree was made."""

    def _reject(self, code: str, why: str) -> None:
        self.cause = Rejected(code, why)
        raise self.cause
