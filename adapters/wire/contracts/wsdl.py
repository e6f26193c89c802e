"""A WSDL 1.1 with the schemas that it imports, as a `Contract`.

Read are the operations of its SOAP bindings, 1.1 before 1.2. Those that the hub calls are opened
down to their last field; of others only the name is kept, because a province's software serves
many that do not concern the hub. Addresses of the service and documentation are left out.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from lxml import etree

from adapters.wire.contracts.elements import Tree
from adapters.wire.contracts.refused import NotServed, UnreadableContract
from adapters.wire.contracts.schemas import Declared, Schemas, xsd
from hub.rules.contracts import UNKNOWN, Contract, ContractOperation

WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
_REFERENCES = tuple(xsd(name) for name in ("import", "include", "redefine"))


class Open(Protocol):
    """Returns the root of the document at an address; raises NotServed or Unreadable."""

    def __call__(self, address: str, /) -> etree._Element: ...


@dataclass
class _Documents:
    """Everything that was read, by kind."""

    open: Open
    schemas: Schemas = field(default_factory=Schemas)
    definitions: list[etree._Element] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    _fetched: set[tuple[str, str]] = field(default_factory=set)
    _waiting: deque[tuple[str, str, str]] = field(default_factory=deque)

    def read(self, address: str) -> None:
        """Read a WSDL and all that it names, each document once."""
        root = self.open(address)
        self._fetched.add((address, ""))
        self._add(root, address, "")
        while self._waiting:
            location, at, around = self._waiting.popleft()
            if (at, around) in self._fetched:
                continue
            self._fetched.add((at, around))
            try:
                root = self.open(at)
            except NotServed:
                self.missing.add(_without_host(location))
                continue
            self._add(root, at, around)

    def _add(self, root: etree._Element, address: str, around: str) -> None:
        if root.tag == xsd("schema"):
            self._schema(root, address, around)
            return
        if root.tag != _wsdl("definitions"):
            name = etree.QName(root).localname
            raise NotServed(f"XML that is no WSDL ({name[:40]})")
        self.definitions.append(root)
        for one in root.iterchildren(_wsdl("import")):
            self._wait(one.get("location"), address, "")
        for types in root.iterchildren(_wsdl("types")):
            for schema in types.iterchildren(xsd("schema")):
                self._schema(schema, address, "")

    def _schema(self, schema: etree._Element, address: str, around: str) -> None:
        namespace = self.schemas.add(schema, around=around)
        for one in schema.iterchildren(*_REFERENCES):
            includes = one.tag != xsd("import")
            self._wait(one.get("schemaLocation"), address, namespace if includes else "")

    def _wait(self, location: str | None, address: str, around: str) -> None:
        if location:
            try:
                self._waiting.append((location, urljoin(address, location.strip()), around))
            except ValueError:
                self.missing.add(_without_host(location))

    def every(self, name: str) -> Iterator[etree._Element]:
        """Yield the children of all definitions that have this name."""
        for root in self.definitions:
            yield from root.iterchildren(_wsdl(name))

    def find(self, kind: str, text: str | None) -> etree._Element | None:
        """Return what a name such as `t:HoSo` refers to; names are unique without their prefix."""
        wanted = (text or "").rpartition(":")[2]
        return next((it for it in self.every(kind) if it.get("name") == wanted), None)


def read_wsdl(address: str, opened: Open, *, called: frozenset[str]) -> Contract:
    """Return the contract at `address`; `called` are the operations that are opened.

    Raises NotServed, Unreadable, and what `opened` raises.
    """
    documents = _Documents(opened)
    documents.read(address)
    operations: dict[str, ContractOperation] = {}
    for soap, binding in _bindings(documents):
        port = documents.find("portType", binding.get("type"))
        if port is None:
            raise UnreadableContract("a binding without its portType")
        for bound in binding.iterchildren(_wsdl("operation")):
            name = bound.get("name", "")
            if name in operations:
                continue
            if name not in called:
                operations[name] = ContractOperation()
                continue
            operations[name] = _operation(documents, soap, binding, port, bound)
    if not operations:
        raise UnreadableContract("a WSDL without an operation over SOAP")
    missing = tuple(sorted(documents.missing))
    return Contract(form="WSDL", operations=operations, missing=missing)


def _bindings(documents: _Documents) -> Iterator[tuple[str, etree._Element]]:
    """Yield the bindings of SOAP 1.1 by name, then those of 1.2, each with its namespace."""
    for soap in _SOAP:
        for binding in sorted(documents.every("binding"), key=lambda it: it.get("name", "")):
            if binding.find(f"{{{soap}}}binding") is not None:
                yield soap, binding


def _operation(
    documents: _Documents,
    soap: str,
    binding: etree._Element,
    port: etree._Element,
    bound: etree._Element,
) -> ContractOperation:
    name = bound.get("name", "")
    tree = Tree(documents.schemas)
    own, whole = bound.find(f"{{{soap}}}operation"), binding.find(f"{{{soap}}}binding")
    style = _first("style", own, whole) or "document"
    tree.put("", [style, f"soapAction {_first('soapAction', own)!r}"])
    declared = next(
        (it for it in port.iterchildren(_wsdl("operation")) if it.get("name") == name), None
    )
    if declared is None:
        raise UnreadableContract("an operation of a binding that its portType does not have")
    for tag, place in (("input", "request"), ("output", "reply")):
        child = declared.find(_wsdl(tag))
        if child is not None:
            how = bound.find(_wsdl(tag))
            body = how.find(f"{{{soap}}}body") if how is not None else None
            _message(documents, tree, place, child.get("message"), rpc=style == "rpc", body=body)
            _headers(documents, tree, place, how, soap)
    for fault in declared.iterchildren(_wsdl("fault")):
        _message(documents, tree, f"reply/fault {fault.get('name')}", fault.get("message"))
    return tree.made


def _first(name: str, *nodes: etree._Element | None) -> str:
    return next((it.get(name, "") for it in nodes if it is not None and it.get(name)), "")


def _message(
    documents: _Documents,
    tree: Tree,
    place: str,
    name: str | None,
    *,
    rpc: bool = False,
    body: etree._Element | None = None,
) -> None:
    """Open a message: its one element, or its parts."""
    message = documents.find("message", name)
    if message is None:
        tree.put(place, [f"{UNKNOWN} message"])
        return
    parts = list(message.iterchildren(_wsdl("part")))
    use = body.get("use", "literal") if body is not None else "literal"
    if rpc or len(parts) != 1 or not parts[0].get("element"):
        space = f"in {body.get('namespace', '')}" if rpc and body is not None else ""
        tree.put(place, ["parts", space, use if use != "literal" else ""])
        for part in parts:
            _part(tree, f"{place}/{part.get('name')}", part)
        return
    _part(tree, place, parts[0])


def _part(tree: Tree, place: str, part: etree._Element) -> None:
    declared = Declared(part, "")
    if element := part.get("element"):
        tree.named(place, declared.name_of(element))
    else:
        tree.typed(place, declared, part.get("type", ""))


def _headers(
    documents: _Documents, tree: Tree, place: str, how: etree._Element | None, soap: str
) -> None:
    for header in how.iterchildren(f"{{{soap}}}header") if how is not None else ():
        message = documents.find("message", header.get("message"))
        for part in message.iterchildren(_wsdl("part")) if message is not None else ():
            if part.get("name") == header.get("part"):
                tree.put(f"{place}/header", ["SOAP header"])
                _part(tree, f"{place}/header/{part.get('name')}", part)


def _without_host(location: str) -> str:
    """Return an address without its host, which may be another one each time."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an address that cannot be read"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _wsdl(name: str) -> str:
    return f"{{{WSDL}}}{name}"
