"""An element of a WSDL as a tree of places: every field, its type, and how often it comes.

Named types are opened where they are used, so a contract reads the same whether its types have
names, stand inside one another, or lie in other files.
"""

from dataclasses import dataclass, field, replace

from lxml import etree

from adapters.wire.contracts.places import Places
from adapters.wire.contracts.schemas import Declared, Name, Schemas, child, children
from adapters.wire.contracts.simple_types import facets, simple_text, type_text
from hub.rules.contracts import UNKNOWN

DEEPEST = 80
"""Types and elements inside one another."""


@dataclass(frozen=True, slots=True)
class Often:
    """How often something comes, with all that is around it."""

    optional: bool = False
    many: bool = False
    choice: bool = False

    def of(self, node: etree._Element) -> "Often":
        """Return how often a node comes inside of this."""
        return Often(
            optional=self.optional or node.get("minOccurs") == "0",
            many=self.many or node.get("maxOccurs", "1") not in {"0", "1"},
            choice=self.choice,
        )

    @property
    def words(self) -> list[str]:
        """In words, [] for exactly once."""
        detail = {"optional": self.optional, "many": self.many, "choice": self.choice}
        return [name for name, holds in detail.items() if holds]


@dataclass
class Tree(Places):
    """Opens the elements and types of one operation."""

    schemas: Schemas
    open: list[Name] = field(default_factory=list)
    """Names of the types and elements that are being opened: one inside itself ends there."""

    def named(self, place: str, name: Name) -> None:
        """Open the global element of a message."""
        found = self.schemas.find("element", name)
        title = f"{{{name[0]}}}{name[1]}"
        if found is None:
            self.put(place, [f"{UNKNOWN} {title}"])
            return
        self.element(place, found, often=Often(), title=title, around=name[0])

    def typed(self, place: str, declared: Declared, name: str) -> None:
        """Open the type of a message part."""
        text, content = self._type(declared, name)
        self.put(place, [text])
        self._content(place, content, around="")

    def element(
        self, place: str, declared: Declared, *, often: Often, around: str, title: str = ""
    ) -> None:
        """Say what an element is, and open what is in it; `around` is its parent's namespace."""
        node = declared.node
        text, content = self._of(declared)
        namespace = around if title else _namespace(declared)
        what = [title, text, *often.words]
        what.append(f"in {namespace or 'no namespace'}" if namespace != around else "")
        what.append("nillable" if node.get("nillable") in {"true", "1"} else "")
        self.put(place, [*what, *_given(node)])
        self._content(place, content, around=namespace)

    def _of(self, declared: Declared) -> tuple[str, Declared | None]:
        """Return an element's or attribute's type in words, and its content when complex."""
        node = declared.node
        if name := node.get("type"):
            return self._type(declared, name)
        inner = child(node, "complexType", "simpleType")
        if inner is None:
            return "anyType", None
        if etree.QName(inner).localname == "simpleType":
            return simple_text(self.schemas, declared.inside(inner)), None
        return "", declared.inside(inner)

    def _type(self, declared: Declared, text: str) -> tuple[str, Declared | None]:
        name = declared.name_of(text)
        found = self.schemas.find("complexType", name)
        return ("", found) if found is not None else (type_text(self.schemas, name), None)

    def _content(self, place: str, content: Declared | None, *, around: str) -> None:
        """Open a complex type below `place`."""
        if content is None:
            return
        name = (content.namespace, content.node.get("name", ""))
        if name[1] and name in self.open:
            self.made.parts[place] += f"{', ' if self.made.parts[place] else ''}as around it"
            return
        if len(self.open) >= DEEPEST:
            return
        self.open.append(name)
        order: list[str] = []
        self._complex(place, content, around=around, order=order)
        if len(order) > 1:
            self.made.orders[place] = tuple(order)
        self.open.pop()

    def _complex(self, place: str, content: Declared, *, around: str, order: list[str]) -> None:
        self.step()
        if content.node.get("mixed") in {"true", "1"}:
            self._add(place, "mixed with text")
        for one in children(content.node):
            inside = content.inside(one)
            match etree.QName(one).localname:
                case "simpleContent" | "complexContent":
                    self._derived(place, inside, around=around, order=order)
                case "sequence" | "choice" | "all" | "group":
                    self._particle(place, inside, Often(), around=around, order=order)
                case _:
                    self._attribute(place, inside)

    def _derived(self, place: str, content: Declared, *, around: str, order: list[str]) -> None:
        """Open `extension` or `restriction` of another type."""
        for one in children(content.node):
            if etree.QName(one).localname not in {"extension", "restriction"}:
                continue
            text, base = self._type(content.inside(one), one.get("base", ""))
            extends = etree.QName(one).localname == "extension"
            if base is not None and (extends or content.node.tag.endswith("}simpleContent")):
                name = (base.namespace, base.node.get("name", ""))
                if name not in self.open:
                    self.open.append(name)
                    self._complex(place, base, around=around, order=order)
                    self.open.pop()
            elif text != "anyType":
                self._add(place, text)
            for detail in facets(one):
                self._add(place, detail)
            self._complex(place, content.inside(one), around=around, order=order)

    def _add(self, place: str, detail: str) -> None:
        before = self.made.parts[place]
        self.made.parts[place] = f"{before}, {detail}" if before else detail

    def _particle(
        self, place: str, group: Declared, often: Often, *, around: str, order: list[str]
    ) -> None:
        """Open a sequence, a choice, `all`, or a group that is named."""
        self.step()
        node, kind = group.node, etree.QName(group.node).localname
        inner = often.of(node)
        if kind == "group":
            self._group(place, group, inner, around=around, order=order)
            return
        if kind == "choice":
            inner = replace(inner, choice=True)
        names: list[str] = []
        for one in children(node):
            match etree.QName(one).localname:
                case "element":
                    self._field(place, group.inside(one), inner.of(one), around=around, order=names)
                case "any":
                    self.put(f"{place}/*", ["any", *inner.of(one).words])
                case "sequence" | "choice" | "all" | "group":
                    self._particle(place, group.inside(one), inner, around=around, order=names)
        # The order counts in a sequence only.
        order += names if kind == "sequence" and not inner.many else sorted(names)

    def _group(
        self, place: str, group: Declared, often: Often, *, around: str, order: list[str]
    ) -> None:
        found = self.schemas.find("group", group.name_of(group.node.get("ref", "")))
        if found is None or len(self.open) >= DEEPEST:
            return
        self.open.append(("", ""))
        for one in children(found.node):
            if etree.QName(one).localname != "annotation":
                self._particle(place, found.inside(one), often, around=around, order=order)
        self.open.pop()

    def _field(
        self, place: str, declared: Declared, often: Often, *, around: str, order: list[str]
    ) -> None:
        found: Declared | None = declared
        local = declared.node.get("name", "")
        if ref := declared.node.get("ref"):
            name = declared.name_of(ref)
            found, local = self.schemas.find("element", name), name[1]
        below = f"{place}/{local}"
        if below in self.made.parts:  # the same field in another branch of a choice
            return
        order.append(local)
        if found is None:
            self.put(below, [f"{UNKNOWN} {ref}"])
        elif ref and (found.namespace, f"element {local}") in self.open:
            self.put(below, ["as around it", *often.words])
        else:
            mark = (found.namespace, f"element {local}")
            self.open.append(mark if ref else ("", ""))
            self.element(below, found, often=often, around=around)
            self.open.pop()

    def _attribute(self, place: str, declared: Declared) -> None:
        self.step()
        node = declared.node
        match etree.QName(node).localname:
            case "attribute":
                self._one_attribute(place, declared)
            case "attributeGroup":
                found = self.schemas.find("attributeGroup", declared.name_of(node.get("ref", "")))
                if found is not None and len(self.open) < DEEPEST:
                    self.open.append(("", ""))
                    for one in children(found.node):
                        self._attribute(place, found.inside(one))
                    self.open.pop()
            case "anyAttribute":
                self.put(f"{place}@*", ["any", "optional"])

    def _one_attribute(self, place: str, declared: Declared) -> None:
        node, found = declared.node, declared
        local = node.get("name", "")
        if node.get("use") == "prohibited":
            return
        if ref := node.get("ref"):
            name = declared.name_of(ref)
            local = name[1]
            found = self.schemas.find("attribute", name) or declared
        text, _ = self._of(found)
        optional = "" if node.get("use") == "required" else "optional"
        self.put(f"{place}@{local}", [text, optional, *_given(node)])


def _given(node: etree._Element) -> list[str]:
    """Return the value that an element or attribute always has, or has when it is left out."""
    return [f"{it} {node.get(it)}" for it in ("fixed", "default") if node.get(it) is not None]


def _namespace(declared: Declared) -> str:
    """Return the namespace of an element: local ones are in none unless the schema says so."""
    node = declared.node
    if node.getparent() is not None and etree.QName(node.getparent()).localname == "schema":
        return declared.namespace
    form = node.get("form")
    qualified = form == "qualified" if form else declared.qualified
    return declared.namespace if qualified else ""
