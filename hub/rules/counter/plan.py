"""The counter's plan: categories of tickets and desks, read from a TOML file. Pure.

[[category]]
code = "A"
vi = "Chứng thực"
en = "Certification"

[[desk]]
name = "1"
categories = ["A"]
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from hub.rules.toml import values as v
from hub.rules.toml.reading import Keys, TomlReading
from hub.texts import Text, both


def _letter(value: Any) -> str:
    """Read one capital letter: a ticket's label begins with it."""
    if not isinstance(value, str) or len(value) != 1 or not "A" <= value <= "Z":
        raise v.Unusable(both("toml_file.letter"))
    return value


def _desk(value: Any) -> str:
    """Read the name of a desk, as it stands in an address and on the display."""
    if not isinstance(value, str) or not 0 < len(value) <= 10 or not value.isalnum():
        raise v.Unusable(both("toml_file.desk"))
    return value


_CATEGORY: Final[Keys] = {"code": _letter, "vi": v.line, "en": v.line}
_DESK: Final[Keys] = {"name": _desk, "categories": v.list_of(_letter)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What a person comes for."""

    code: str
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A desk (quầy), and the categories that it serves in no order: the oldest ticket is next."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPlan:
    """The categories and the desks, each by its name in the file's order."""

    categories: Mapping[str, Category]
    desks: Mapping[str, Desk]

    def title(self, category: str) -> Text:
        """Return what a person reads of a category; its code for one that the file lost."""
        known = self.categories.get(category)
        return known.title if known else Text(category, category)


def packaged() -> CounterPlan:
    """Return the plan of an installation without a file: the ward's sectors and four desks."""
    place = resources.files("hub.rules.counter") / "data" / "counter.toml"
    return parse(place.read_text(encoding="utf-8"), "counter.toml")


def parse(text: str, name: str) -> CounterPlan:
    """Return the plan of a file. Raises TomlFileWrong."""
    raw, file = TomlReading.begin(text, name)
    for table in raw.keys() - {"category", "desk"}:
        file.wrong((table,), "unknown_key", allowed="category, desk")
    categories = _categories(file, raw)
    plan = CounterPlan(categories=categories, desks=_desks(file, raw, categories))
    file.end()
    return plan


def _categories(file: TomlReading, raw: Mapping[str, Any]) -> dict[str, Category]:
    found: dict[str, Category] = {}
    for path, entry in file.entries(raw, "category"):
        given = file.entry(path, entry, _CATEGORY)
        if not _has_all(file, path, given, entry, _CATEGORY):
            continue
        if given["code"] in found:
            file.wrong((*path, "code"), "twice", name=given["code"])
        title = Text(given["vi"], given["en"])
        found[given["code"]] = Category(code=given["code"], title=title)
    if not raw.get("category"):
        file.wrong(("category",), "needed")
    return found


def _desks(
    file: TomlReading, raw: Mapping[str, Any], categories: Collection[str]
) -> dict[str, Desk]:
    found: dict[str, Desk] = {}
    for path, entry in file.entries(raw, "desk"):
        given = file.entry(path, entry, _DESK)
        if not _has_all(file, path, given, entry, _DESK):
            continue
        for code in given["categories"]:
            if code not in categories:
                file.wrong(
                    (*path, "categories"), "no_category", name=code, allowed=", ".join(categories)
                )
        if given["name"] in found:
            file.wrong((*path, "name"), "twice", name=given["name"])
        found[given["name"]] = Desk(name=given["name"], categories=given["categories"])
    if not raw.get("desk"):
        file.wrong(("desk",), "needed")
    return found


def _has_all(
    file: TomlReading, path: tuple[str | int, ...], given: Mapping[str, Any], entry: Any, keys: Keys
) -> bool:
    """Name the keys that an entry lacks; tell whether all of its values can be used."""
    if isinstance(entry, dict):
        for key in keys:
            if key not in entry:
                file.wrong((*path, key), "needed")
    return given.keys() == keys.keys()
