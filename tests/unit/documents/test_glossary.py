"""One word, one thing: names use the glossary's words, and none that it forbids.

The glossary is the first table of ARCHITECTURE.md ("Words"). Checked are the names of modules,
classes, functions, methods, attributes, parameters, variables, tables, columns, log events,
settings and commands; of tests/support those of classes and functions.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from hub.cli.commands import COMMANDS
from hub.runtime.telemetry import Event
from hub.settings import Settings
from hub.store.schema import tables
from hub.store.schema.tables.exchange import metadata
from tests.support.documents.glossary import (
    ALLOWED,
    ALLOWED_COLUMNS,
    FORBIDDEN,
    forbidden_in,
    forbidden_of,
    instead_of,
    words_of,
)
from tests.support.documents.sources import ROOT, modules, tree_of

for _module in pkgutil.walk_packages(tables.__path__, f"{tables.__name__}."):
    importlib.import_module(_module.name)  # so that every table is known


def _files() -> Iterator[Path]:
    yield from (path for path in modules("hub", "adapters") if "versions" not in path.parts)


@cache
def names() -> list[tuple[str, str]]:
    """Return what a name belongs to, and the name."""
    return list(_names())


def _names() -> Iterator[tuple[str, str]]:
    for path in _files():
        place = str(path.relative_to(ROOT))
        if path.stem not in ("__init__", "__main__"):
            yield f"module {place}", path.stem
    yield from (
        (f"class in {place}", name) for place, kind, name in definitions() if "class" in kind
    )
    for table in metadata.tables.values():
        yield "table", table.name
        for column in table.columns:
            if column.name not in ALLOWED_COLUMNS:
                yield f"column of {table.name}", column.name
    yield from (("event", event.value) for event in Event)
    yield from (("setting", field.name) for field in msgspec.structs.fields(Settings))
    yield from (("command", name) for name in COMMANDS)


def test_no_name_uses_a_word_that_the_glossary_forbids() -> None:
    """A private metaphor, or a word with two meanings, is told with the word to use instead."""
    wrong = [
        f"{what}: {name} ({word}: {FORBIDDEN[word]})"
        for what, name in names()
        for word in forbidden_in(name)
    ]
    assert not wrong, "\n".join(wrong)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def all_definitions() -> list[tuple[str, str, str]]:
    """Return file, kind and name of each class, function, attribute, parameter and variable.

    One walk through all trees, for every test that compares names.
    """
    return [
        (str(path.relative_to(ROOT)), kind, name)
        for path in _files()
        for kind, name in _defined_in(tree_of(path))
    ]


def definitions() -> list[tuple[str, str, str]]:
    """Return file, kind and name of each class, inner class, function and attribute."""
    return [entry for entry in all_definitions() if entry[1] not in ("parameter", "variable")]


def functions_and_attributes() -> Iterator[tuple[str, str, bool]]:
    """Yield file and name of each function and attribute, and whether it is a function."""
    for place, kind, name in definitions():
        if "class" not in kind:
            yield place, name, kind == "function"


def _defined_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            yield "function", node.name
        elif isinstance(node, ast.arg):
            yield "parameter", node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield "variable", node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                yield "attribute", node.attr
        elif isinstance(node, ast.ClassDef):
            yield "class" if node in tree.body else "inner class", node.name
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    yield "attribute", item.target.id


def test_no_function_or_attribute_uses_a_forbidden_word() -> None:
    """A method that is read at every step of the exchange has the field's word, too."""
    wrong = [
        f"{place}: {name} ({word}: {instead_of(word)})"
        for place, name, is_function in functions_and_attributes()
        for word in forbidden_of(name, place, is_function=is_function)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_class_or_constant_uses_a_word_of_another_room() -> None:
    """What is said of one thing alone names no class and no constant elsewhere."""
    wrong = [
        f"{place}: {kind} {name} ({word}: {instead_of(word)})"
        for place, kind, name in all_definitions()
        if "class" in kind or (kind == "variable" and name.isupper())
        for word in forbidden_of(name, place, is_function=False)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_parameter_or_variable_uses_a_forbidden_word() -> None:
    """What a function is given, and what it keeps meanwhile, is named by the thing that it is."""
    wrong = [
        f"{place}: {kind} {name} ({word}: {instead_of(word)})"
        for place, kind, name in all_definitions()
        if kind in ("parameter", "variable")
        for word in (
            forbidden_of(name, place, is_function=False)
            if kind == "parameter"
            else forbidden_in(name)
        )
    ]
    assert not wrong, "\n".join(wrong)


def test_no_class_or_function_of_the_tests_kit_uses_a_forbidden_word() -> None:
    """A reader of a test meets the same words as in the product."""
    wrong = [
        f"{path.relative_to(ROOT)}: {name} ({word}: {instead_of(word)})"
        for path in modules("tests/support")
        for kind, name in _defined_in(tree_of(path))
        if kind in ("function", "class", "inner class")
        for word in forbidden_in(name)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_columns_of_a_table_have_no_alias_of_one_letter() -> None:
    """A statement names its tables, so that it is read without the head of its file."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in _files()
        if re.search(r"\.\s*c\b", path.read_text(encoding="utf-8"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        for name, value in _pairs(target, node.value)
        if isinstance(name, ast.Name) and len(name.id.strip("_")) == 1
        if isinstance(value, ast.Attribute) and value.attr == "c"
    ]
    assert not wrong, "\n".join(wrong)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def test_two_classes_of_the_hub_have_two_names() -> None:
    """Adapters are not compared: their contracts name things as the partners do."""
    places: dict[str, list[str]] = {}
    for place, kind, name in definitions():
        if kind == "class" and place.startswith("hub/") and not name.startswith("_"):
            places.setdefault(name, []).append(place)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_every_exception_is_still_needed() -> None:
    """An allowed name that is gone is taken out of the list, so that it cannot come back."""
    inside = {name for _, name, _ in functions_and_attributes()}
    assert set(ALLOWED) <= {name for _, name in names()} | inside
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert set(ALLOWED_COLUMNS) <= columns


@pytest.mark.parametrize(
    ("name", "place", "found"),
    [
        ("_ask", "hub/store/engine/store.py", ["ask"]),
        ("take_batch", "hub/exchange/outbox/relay.py", ["take"]),
        ("uptake", "hub/exchange/outbox/relay.py", []),
        ("settle", "hub/broker/rabbit/consumer.py", ["settle"]),
        ("settle", "hub/exchange/delivery/settle.py", []),
    ],
)
def test_a_function_with_a_forbidden_word_is_found(name: str, place: str, found: list[str]) -> None:
    """A verb at the beginning, and a word that belongs to another room, are found as well."""
    assert forbidden_of(name, place, is_function=True) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("doorbell_lost", ["doorbell"]),
        ("GateKeeper", ["gate"]),
        ("look_up", []),
        ("OutboxListener", []),
        ("aggregate", []),
    ],
)
def test_words_of_a_name_are_found_in_every_spelling(name: str, found: list[str]) -> None:
    """Snake case, capitals and hyphens; a word inside another word is no word."""
    assert forbidden_in(name) == found


def test_the_glossary_is_short_and_names_no_forbidden_word() -> None:
    """What takes longer than a page to learn is no glossary."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.split("\n## Words\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")][2:]
    terms = [re.sub(r"\(.*?\)", "", term).strip() for row in rows for term in row.split(",")]
    assert 20 < len(terms) < 40, len(terms)
    assert not [term for term in terms for word in words_of(term) if word in FORBIDDEN]
