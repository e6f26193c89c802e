"""What a partner's contract says, in a canonical form, and how two of them differ. Pure.

Two documents that mean the same give the same `Contract`: blanks, comments, prefixes, the order of
attributes, imports and operations, names of types and addresses of the service are not in it. What
is in it is what a call or a reply is made of: operations, fields, their types and how often they
come. A part that the partner names and does not serve is unknown, and never differs.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct, field

READER = 1
"""Raised when the canonical form of the same document changes: then nothing is compared with what
an older reader kept."""
UNKNOWN = "not served"
"""What begins so describes a part whose definition the partner does not serve."""


class ContractOperation(Struct, frozen=True):
    """One operation. Without parts it is one that the hub does not call, known by its name only."""

    parts: dict[str, str] = field(default_factory=dict)
    """Place -> what stands there. "" is the operation itself; `request/data/MaHoSo` a field,
    `request/data@ma` an attribute, `reply/...` the same of the reply."""
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Place -> the names of its fields, where their order counts."""


class Contract(Struct, frozen=True, kw_only=True):
    """A whole contract."""

    form: str
    """WSDL or OpenAPI."""
    operations: dict[str, ContractOperation]
    missing: tuple[str, ...] = ()
    """Schemas that are named and not served."""


class How(StrEnum):
    """In which way a part differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"


class ContractChange(Struct, frozen=True, kw_only=True):
    """One difference; of a part that came or went as a whole, only its top."""

    operation: str
    place: str
    how: How
    before: str = ""
    after: str = ""

    @property
    def concerns_calls(self) -> bool:
        """Whether what the hub sends may be refused; a changed reply is read as far as possible."""
        if not self.operation or self.place.startswith("reply"):
            return False
        return self.how is not How.ADDED or (bool(self.place) and not is_optional(self.after))


def is_optional(what: str) -> bool:
    """Tell whether a part may be left out."""
    return "optional" in what.split(", ")


def fingerprint(contract: Contract) -> str:
    """Return the sha256 of a contract, hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(contract, order="deterministic")).hexdigest()


def compare(before: Contract, after: Contract) -> list[ContractChange]:
    """Return how two contracts differ, in the order of operations and places."""
    names = sorted({*before.operations, *after.operations})
    found = list(_missing(before, after))
    for name in names:
        old, new = before.operations.get(name), after.operations.get(name)
        if old is None:
            found.append(ContractChange(operation=name, place="", how=How.ADDED))
        elif new is None:
            found.append(ContractChange(operation=name, place="", how=How.REMOVED))
        elif old.parts and new.parts:
            found += _operation(name, old, new)
    return found


def _missing(before: Contract, after: Contract) -> Iterator[ContractChange]:
    for location in sorted({*before.missing} ^ {*after.missing}):
        how = How.REMOVED if location in after.missing else How.ADDED
        yield ContractChange(operation="", place=location, how=how)


def _operation(
    name: str, old: ContractOperation, new: ContractOperation
) -> Iterator[ContractChange]:
    hidden = _unknown(old.parts) | _unknown(new.parts)
    for place in sorted({*old.parts, *new.parts}):
        if _within(place, hidden):
            continue
        before, after = old.parts.get(place), new.parts.get(place)
        if before is None and after is not None:
            if _is_top(place, old.parts):
                yield ContractChange(operation=name, place=place, how=How.ADDED, after=after)
        elif after is None and before is not None:
            if _is_top(place, new.parts):
                yield ContractChange(operation=name, place=place, how=How.REMOVED, before=before)
        elif before is not None and after is not None and before != after:
            change = ContractChange(
                operation=name, place=place, how=How.CHANGED, before=before, after=after
            )
            yield change
    for place in sorted({*old.orders} & {*new.orders}):
        if not _within(place, hidden):
            yield from _order(name, place, old.orders[place], new.orders[place])


def _order(
    name: str, place: str, old: tuple[str, ...], new: tuple[str, ...]
) -> Iterator[ContractChange]:
    """Compare the order of the fields that both have."""
    before = [it for it in old if it in new]
    after = [it for it in new if it in old]
    if before != after:
        details = {"before": " ".join(before), "after": " ".join(after)}
        yield ContractChange(operation=name, place=place, how=How.REORDERED, **details)


def above(place: str) -> str:
    """Return the part that a part stands in."""
    return place[: max(place.rfind("/"), place.rfind("@"), 0)]


def _is_top(place: str, other: Mapping[str, str]) -> bool:
    """Tell whether the part around `place` is there in the other contract."""
    return not above(place) or above(place) in other


def _unknown(parts: Mapping[str, str]) -> set[str]:
    return {place for place, what in parts.items() if what.startswith(UNKNOWN)}


def _within(place: str, hidden: set[str]) -> bool:
    while place:
        if place in hidden:
            return True
        place = above(place)
    return False
