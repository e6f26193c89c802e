"""The declarations of all XSD documents of a contract, found by their names.

An included schema without a namespace of its own takes that of the schema that includes it. Where
two documents declare the same name, the first counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
_GLOBAL = ("element", "attribute", "complexType", "simpleType", "group", "attributeGroup")
Name = tuple[str, str]
"""(namespace, local name)"""


def xsd(name: str) -> str:
    """Return the tag of an element of XML Schema."""
    return f"{{{XSD}}}{name}"


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration, and the namespace of the schema around it."""

    node: etree._Element
    namespace: str
    qualified: bool = True
    """Whether local elements are in that namespace."""

    def inside(self, node: etree._Element) -> "Declared":
        """Return a node of the same schema."""
        return Declared(node, self.namespace, self.qualified)

    def name_of(self, text: str, node: etree._Element | None = None) -> Name:
        """Return the name that a text such as `t:HoSo` means at its place."""
        prefix, colon, local = text.strip().rpartition(":")
        spaces = (self.node if node is None else node).nsmap
        found = spaces.get(prefix if colon else None)
        # Included into another namespace, names without a prefix are of that one.
        return (found if found is not None else self.namespace), local


@dataclass
class Schemas:
    """Everything that is declared."""

    known: dict[tuple[str, Name], Declared] = field(default_factory=dict)
    texts: dict[Name, str] = field(default_factory=dict)
    """Simple types in words, as far as they were wanted."""

    def add(self, schema: etree._Element, *, around: str = "") -> str:
        """Take a schema's declarations; return its namespace. `around` is the including one's."""
        namespace = schema.get("targetNamespace") or around
        qualified = schema.get("elementFormDefault") == "qualified"
        for node in children(schema):
            kind = etree.QName(node).localname
            if kind in _GLOBAL:
                name = (namespace, node.get("name", ""))
                self.known.setdefault((kind, name), Declared(node, namespace, qualified))
        for redefined in schema.iterchildren(xsd("redefine")):
            for node in children(redefined):
                kind, name = etree.QName(node).localname, (namespace, node.get("name", ""))
                if kind in _GLOBAL:
                    self.known[kind, name] = Declared(node, namespace, qualified)
        return namespace

    def find(self, kind: str, name: Name) -> Declared | None:
        """Return a declaration, None where nothing declares it."""
        return self.known.get((kind, name))

    def type_of(self, name: Name) -> Declared | None:
        """Return the declaration of a complex or simple type."""
        return self.find("complexType", name) or self.find("simpleType", name)


def children(node: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements of XML Schema directly inside."""
    for child in node.iterchildren(tag=etree.Element):
        if etree.QName(child).namespace == XSD:
            yield child


def child(node: etree._Element, *names: str) -> etree._Element | None:
    """Return the first child with one of the names."""
    return next((it for it in children(node) if etree.QName(it).localname in names), None)
