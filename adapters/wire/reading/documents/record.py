"""A reply's fields by the shape of a contract, out of XML elements or JSON objects.

Names count without namespace, in any order; what the contract does not have is ignored. Absent,
nil, null and empty are the same: "" for a text, None for a number, a truth and a record, [] for a
list. Numbers may come as text and texts as numbers, a single record where a list is expected and
the other way round. Where a field has two different values, or a structure has no reading, the
reply is refused. Nothing here decides whether a value is good.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from adapters.wire.reading.documents.json import Twice
from adapters.wire.reading.documents.shape import Field, Kind, Shape
from adapters.wire.reading.documents.xml import local
from adapters.wire.reading.findings import Findings, at
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

Record = dict[str, Any]
"""By the contract's names: texts, numbers, truths, records, and lists of them."""
OTHERS = ""
"""Where a shape keeps them: names and texts, never empty, of what the contract does not have."""
MOST_OTHERS = 40
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}(?:\.0+)?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}[.][0-9]{1,18}")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class RecordReader:
    """Reads records of one reply."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.absent: set[str] = set()
        """Places of lists that are not there, or are null: read as empty, and no word of it."""
        self.unread: set[str] = set()
        """Places of what the contract does not have and what may hold records."""

    # --- XML --------------------------------------------------------------------------------------

    def element(self, element: etree._Element, shape: Shape, place: str) -> Record:
        """Return the fields of an element; `place` is its own. Raises AmbiguousFailure."""
        found: Record = {}
        last, fields = -1, shape.fields
        element = self._inside(element, shape, place)
        for child in element:
            tag = child.tag
            name = tag[tag.rfind("}") + 1 :]
            field = fields.get(name) or self._other_name(name, shape, place)
            if field is None:
                if len(child) or _may_hold_records(child.text):
                    self.unread.add(at(place, name))
                if shape.keeps_others:
                    _keep(found, _leaves_of(child))
                continue
            if field.order < last:
                self.findings.add(DriftKind.OTHER_ORDER, at(place, name))
            last = field.order
            if field.kind is Kind.RECORD:
                self._put_records(found, field, child, place)
            elif field.kind is not Kind.UNREAD:
                self._put(found, field, self._text_of(child, field, place), place)
        return self._complete(found, shape, place)

    def _inside(self, element: etree._Element, shape: Shape, place: str) -> etree._Element:
        """Return the element that holds the fields: this one, or one that wraps them alone."""
        if len(element) != 1:
            return element
        child = element[0]
        if len(child) and not shape.knows(local(child.tag)) and _has_some(child, shape):
            self.findings.add(DriftKind.OTHER_SHAPE, at(place, local(child.tag)))
            return child
        return element

    def _text_of(self, child: etree._Element, field: Field, place: str) -> Any:
        if len(child):
            raise self._refuse(place, field, "elements where a text is expected")
        text = child.text
        nil = child.get(_NIL) in ("true", "1")
        if nil and text and not text.isspace():
            raise self._refuse(place, field, "nil, and a text in it")
        if nil:
            self.findings.add(DriftKind.MISSING_FIELD, at(place, field.name))
        if not text:
            return "" if field.kind is Kind.TEXT else None
        return self._plain(text, field, place)

    def _put_records(self, found: Record, field: Field, child: etree._Element, place: str) -> None:
        assert field.shape is not None  # noqa: S101 - a record has one
        inside = f"{place}/{field.name}"
        if not len(child):
            if child.text and not child.text.isspace():
                raise self._refuse(place, field, "a text where a record is expected")
            return
        nested = list(child)
        if field.many and not _has_some(child, field.shape) and all(map(len, nested)):
            self.findings.add(DriftKind.OTHER_SHAPE, inside)  # a list inside an element of its own
        else:
            nested = [child]
        for one in nested:
            self._put(found, field, self.element(one, field.shape, inside), place)

    # --- JSON -------------------------------------------------------------------------------------

    def object(self, value: Any, shape: Shape, place: str) -> Record:
        """Return the fields of a JSON object; `place` is its own. Raises AmbiguousFailure."""
        if isinstance(value, list) and len(value) == 1:
            self.findings.add(DriftKind.OTHER_SHAPE, place)
            value = value[0]
        if not isinstance(value, dict):
            raise self.findings.refuse(place, f"{_kind_of(value)} where a record is expected")
        found: Record = {}
        for name, inner in self._inner(value, shape, place).items():
            field = shape.fields.get(name) or self._other_name(name, shape, place)
            if field is None and _may_hold_records(inner):
                self.unread.add(at(place, name))
            if field is None and shape.keeps_others:
                _keep(found, _leaves_in(name, inner))
            if field is None or field.kind is Kind.UNREAD:
                continue
            values = inner.values if isinstance(inner, Twice) else (inner,)
            if field.many and any(one != values[0] for one in values):
                raise self._refuse(place, field, "two different values")
            for one in values[:1] if field.many else values:
                self._put_json(found, field, one, place)
        return self._complete(found, shape, place)

    def _inner(self, value: Record, shape: Shape, place: str) -> Record:
        """Return the object that holds the fields: this one, or one that wraps them alone."""
        if len(value) == 1:
            ((name, inner),) = value.items()
            known = isinstance(inner, dict) and any(map(shape.knows, inner))
            if known and not shape.knows(name):
                self.findings.add(DriftKind.OTHER_SHAPE, at(place, name))
                return dict(inner)
        return value

    def _put_json(self, found: Record, field: Field, value: Any, place: str) -> None:
        if field.many:
            many = value if isinstance(value, list) else self._listed(value, field, place)
            if value is not None:
                found.setdefault(field.name, [])
        elif isinstance(value, list):
            self.findings.add(DriftKind.OTHER_SHAPE, at(place, field.name))
            many = value
        else:
            many = [value]
        for one in many:
            if one is None or one == "":
                if one is None and not field.nullable:
                    self.findings.add(DriftKind.MISSING_FIELD, at(place, field.name))
                if not field.many:
                    self._put(found, field, "" if field.kind is Kind.TEXT else None, place)
            elif field.kind is Kind.RECORD:
                assert field.shape is not None  # noqa: S101 - a record has one
                inside = at(place, field.name)
                self._put(found, field, self.object(one, field.shape, inside), place)
            else:
                self._put(found, field, self._scalar(one, field, place), place)

    def _listed(self, value: Any, field: Field, place: str) -> list[Any]:
        """Return what stands where a list is expected, as a list."""
        if value is None or value == "" or value == {}:
            return []
        self.findings.add(DriftKind.OTHER_SHAPE, at(place, field.name))
        shape = field.shape
        if isinstance(value, dict) and shape and not any(map(shape.knows, value)):
            if len(value) != 1:
                raise self._refuse(place, field, "a record where a list is expected")
            (inner,) = value.values()  # a list inside an object of its own
            return inner if isinstance(inner, list) else [inner]
        return [value]

    def _scalar(self, value: Any, field: Field, place: str) -> Any:
        if isinstance(value, dict | list | Twice):
            raise self._refuse(place, field, f"{_kind_of(value)} where a text is expected")
        if isinstance(value, str):
            return self._plain(value, field, place)
        kind = type(value)
        usual = {Kind.NUMBER: (int, float), Kind.TRUTH: (bool,)}.get(field.kind, ())
        if kind in usual:
            return value
        if field.name not in self._loose:
            self.findings.add(DriftKind.OTHER_TYPE, at(place, field.name))
        if field.kind is Kind.TEXT:
            return str(value)
        return self._converted(str(value), field)

    _loose = frozenset({"error_code"})
    """Fields that the contract itself allows as text and as number."""

    # --- both -------------------------------------------------------------------------------------

    def _other_name(self, name: str, shape: Shape, place: str) -> Field | None:
        """Return the field that a name in other letters means, and note it; None for no field."""
        field = shape.by_letters.get(name.casefold())
        kind = DriftKind.OTHER_NAME if field else DriftKind.UNKNOWN_FIELD
        self.findings.add(kind, at(place, name))
        return field

    def _plain(self, text: str, field: Field, place: str) -> Any:
        """Return a text without the blanks around it, as what the field holds."""
        plain = text.strip()
        if len(plain) != len(text):
            self.findings.add(DriftKind.BLANKS, at(place, field.name))
        if field.kind is Kind.TEXT:
            return plain
        return self._converted(plain, field)

    def _converted(self, text: str, field: Field) -> Any:
        """Return the number or the truth that a text is; the text itself where it is none."""
        if not text:
            return None
        if field.kind is Kind.TRUTH:
            truth = as_truth(text)
            return text if truth is None else truth
        if _WHOLE.fullmatch(text):
            return int(text.partition(".")[0])
        return float(text) if _DECIMAL.fullmatch(text) else text

    def _put(self, found: Record, field: Field, value: Any, place: str) -> None:
        """Keep a value; raises AmbiguousFailure where another stands there already."""
        name = field.name
        if field.many:
            found.setdefault(name, []).append(value)
        elif name not in found:
            found[name] = value
        elif found[name] != value:
            raise self._refuse(place, field, "two different values")
        else:
            self.findings.add(DriftKind.REPEATED_FIELD, at(place, name))

    def _complete(self, found: Record, shape: Shape, place: str) -> Record:
        """Add what is not there, and note what the contract has in each reply."""
        for name, field in shape.fields.items():
            if name in found:
                continue
            if field.many:
                found[name] = []
                self.absent.add(f"{place}/{name}" if place else name)
                continue
            if field.needed:
                self.findings.add(DriftKind.MISSING_FIELD, at(place, name))
            found[name] = "" if field.kind is Kind.TEXT else None
        return found

    def _refuse(self, place: str, field: Field, read: str) -> AmbiguousFailure:
        return self.findings.refuse(at(place, field.name), read)


def _keep(found: Record, leaves: Iterable[tuple[str, str]]) -> None:
    others = found.setdefault(OTHERS, [])
    others += [(name, text.strip()) for name, text in leaves if text.strip()][:MOST_OTHERS]


def _leaves_of(element: etree._Element) -> Iterator[tuple[str, str]]:
    for leaf in element.iter(etree.Element):
        if not len(leaf):
            yield local(leaf.tag), leaf.text or ""


def _leaves_in(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for inner, one in value.items():
                yield from _leaves_in(inner, one)
        case list():
            for one in value:
                yield from _leaves_in(name, one)
        case Twice(values):
            yield from _leaves_in(name, list(values))
        case None:
            return
        case _:
            yield name, str(value)


def as_truth(value: Any) -> bool | None:
    """Return what a field for a yes or no says, also where the contract has 0 and 1 for it.

    None where it says neither.
    """
    return _TRUTHS.get(str(value).strip().casefold().removesuffix(".0"))


def as_number(value: Any) -> int | None:
    """Return the whole number in a field, also one written as 1.0; None where there is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _has_some(element: etree._Element, shape: Shape) -> bool:
    return any(shape.knows(local(child.tag)) for child in element)


def _may_hold_records(value: Any) -> bool:
    """Tell whether an unknown value may be a list or a record, also one written as a text."""
    if isinstance(value, Twice):
        return any(map(_may_hold_records, value.values))
    if isinstance(value, str):
        return value.lstrip().startswith(("[", "{", "<"))
    return isinstance(value, dict | list) and bool(value)


_KINDS: dict[type, str] = {
    dict: "a record",
    list: "a list",
    str: "a text",
    bool: "a truth",
    int: "a number",
    float: "a number",
    Twice: "two values",
    type(None): "null",
}


def _kind_of(value: Any) -> str:
    return _KINDS.get(type(value), "something else")
