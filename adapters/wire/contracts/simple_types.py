"""A simple type in words: its base of XML Schema, and everything that restricts it."""

from lxml import etree

from adapters.wire.contracts.refused import short
from adapters.wire.contracts.schemas import XSD, Declared, Name, Schemas, child, children
from hub.rules.contracts import UNKNOWN

_WELL_KNOWN = ("http://www.w3.org/", "http://schemas.xmlsoap.org/", "http://schemas.microsoft.com/")
"""Namespaces whose types are known by their names; nobody serves their schemas."""
_LISTS = {"enumeration": "one of", "pattern": "pattern"}
DEEPEST = 16


def type_text(schemas: Schemas, name: Name, depth: int = 0) -> str:
    """Return a type that is not complex in words, by its name."""
    namespace, local = name
    if namespace == XSD:
        return local
    found = schemas.find("simpleType", name)
    if found is not None:
        if name not in schemas.texts:
            schemas.texts[name] = local  # what a type that leads back to itself says there
            schemas.texts[name] = simple_text(schemas, found, depth + 1)
        return schemas.texts[name]
    if namespace.startswith(_WELL_KNOWN):
        return local
    return f"{UNKNOWN} {{{namespace}}}{local}"


def simple_text(schemas: Schemas, declared: Declared, depth: int = 0) -> str:
    """Return a `simpleType` in words."""
    node = declared.node
    for one in children(node):
        match etree.QName(one).localname:
            case "restriction":
                return short(_restricted(schemas, declared.inside(one), depth))
            case "list":
                inner = one.get("itemType")
                return f"list of {_of(schemas, declared, one, inner, depth)}"
            case "union":
                names = one.get("memberTypes", "").split()
                texts = {type_text(schemas, declared.name_of(it, one), depth) for it in names}
                inside = (it for it in children(one) if it.tag.endswith("}simpleType"))
                texts |= {simple_text(schemas, declared.inside(it), depth + 1) for it in inside}
                return short(" or ".join(sorted(texts)))
    return "anySimpleType"


def _restricted(schemas: Schemas, declared: Declared, depth: int) -> str:
    base = _of(schemas, declared, declared.node, declared.node.get("base"), depth)
    return ", ".join([base, *facets(declared.node)])


def _of(
    schemas: Schemas, declared: Declared, node: etree._Element, name: str | None, depth: int
) -> str:
    """Return the type that an attribute names, or the one inside."""
    if name:
        return type_text(schemas, declared.name_of(name, node), depth)
    inner = child(node, "simpleType")
    if inner is None or depth >= DEEPEST:
        return "anySimpleType"
    return simple_text(schemas, declared.inside(inner), depth + 1)


def facets(node: etree._Element) -> list[str]:
    """Return what restricts a base, in one order."""
    single: dict[str, str] = {}
    several: dict[str, set[str]] = {}
    for one in children(node):
        name, value = etree.QName(one).localname, one.get("value")
        if value is None:
            continue
        if name in _LISTS:
            several.setdefault(name, set()).add(value)
        else:
            single[name] = value
    texts = [f"{name} {value}" for name, value in sorted(single.items())]
    texts += [f"{_LISTS[name]} {' | '.join(sorted(it))}" for name, it in sorted(several.items())]
    return texts
