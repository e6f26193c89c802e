"""XML from and to partners: parsed without entities, DTD, network or huge trees; checked by XSD.

Promises that an InvalidMessage names line and element but never a value: values may be personal
data. Only UTF-8 is read; anything else could hide a DTD from the check for one.
"""

import re
import threading
from pathlib import Path
from typing import Any

from lxml import etree

from hub.messages.invalid import InvalidMessage

_ELEMENT = re.compile(r"^Element '(?:\{[^}]*\})?([^']*)'")
_EXPECTED = re.compile(r"Expected is [^.]*")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_UTF_8 = {None, "UTF-8", "UTF8", "US-ASCII", "ASCII"}


def new_parser(encoding: str | None = None) -> etree.XMLParser:
    """Return a parser without entities, DTD and network; not to be shared between threads.

    `encoding` counts before the declaration of what is parsed.
    """
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


class _OfThread(threading.local):
    # lxml locks a parser while it works, so one that is shared would serialise the threads.
    def __init__(self) -> None:
        self.parser = new_parser()


_of_thread = _OfThread()


def parse(body: bytes) -> etree._Element:
    """Return the root element; raises InvalidMessage `xml_broken` with place and reason."""
    if b"\0" in body:  # UTF-16 and UTF-32: every "<" of theirs has a zero byte
        raise InvalidMessage("xml_broken", where="line 1", why="the encoding is not UTF-8")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise InvalidMessage("xml_broken", where="DOCTYPE", why="a DTD is not allowed")
    try:
        root = etree.fromstring(body, _of_thread.parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise InvalidMessage(
            "xml_broken", where=f"line {line}, column {column}", why=syntax_reason(error)
        ) from None
    except ValueError as error:
        raise InvalidMessage("xml_broken", where="line 1", why=str(error)) from None
    encoding = root.getroottree().docinfo.encoding
    if (encoding or "UTF-8").upper() not in _UTF_8:
        raise InvalidMessage("xml_broken", where="line 1", why="the encoding is not UTF-8")
    return root


def syntax_reason(error: etree.XMLSyntaxError) -> str:
    """Return the kind of a syntax error, without a word of the document."""
    # The text of the error may quote the document, the name of its kind cannot.
    entries: Any = error.error_log
    kinds = [entry.type_name for entry in entries]
    return kinds[-1].removeprefix("ERR_").replace("_", " ").lower() if kinds else "broken"


class Schema:
    """An XSD file; `check` may run in many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._of_thread = threading.local()
        self._schema()  # a broken XSD shows when it is loaded, not at the first message

    def check(self, root: etree._Element) -> None:
        """Return when `root` is valid; raises InvalidMessage `xml_broken` with place and reason."""
        schema = self._schema()
        if schema.validate(root):
            return
        entries: Any = schema.error_log
        error = entries[0]
        element = _ELEMENT.match(error.message)
        named = f", element {element[1]}" if element else ""
        raise InvalidMessage(
            "xml_broken", where=f"line {error.line}{named}", why=_schema_reason(error)
        )

    def _schema(self) -> etree.XMLSchema:
        # One a thread: validating is re-entrant in libxml2, the error log of the object is not.
        schema: etree.XMLSchema | None = getattr(self._of_thread, "schema", None)
        if schema is None:
            schema = etree.XMLSchema(etree.parse(str(self.path), new_parser()))
            self._of_thread.schema = schema
        return schema


def _schema_reason(error: Any) -> str:
    """Return the kind of violation and what was expected, without the value that was found."""
    reason = error.type_name.removeprefix("SCHEMAV_").replace("_", " ").lower()
    expected = _EXPECTED.search(error.message)
    return f"{reason}: {_NAMESPACE.sub('', expected[0])}" if expected else reason
