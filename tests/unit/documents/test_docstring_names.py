"""Names in docstrings: what stands in backticks is a name of the code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.documents.sources import ROOT, modules, tree_of

ALLOWED = {
    "Authentication": "a SOAP fault of partners",
    "JWT": "a form of tokens",
    "exe.fdp": "how a file may show the name of a program",
    "load_definitions": "a setting of RabbitMQ",
    "object.verb": "the form of a right",
    "N.NNNNNN": "the form of a procedure's national code",
}
"""What is a name elsewhere, and where."""
_NAME = re.compile(r"`([A-Za-z_][\w./]*)(?:\(\))?`")
_DATA = {".toml", ".yaml", ".yml", ".json", ".xsd", ".wsdl", ".example", ".service"}


@dataclass(frozen=True)
class Docstring:
    """A text for readers, and where it stands."""

    place: str
    text: str


@cache
def read() -> tuple[frozenset[str], tuple[Docstring, ...]]:
    """Return the names of the code with the words of its strings, and all docstrings."""
    names: set[str] = set()
    texts: list[Docstring] = []
    for path in modules("hub", "adapters"):
        nodes = list(ast.walk(tree_of(path)))
        prose = [node.value for node in nodes if isinstance(node, ast.Expr)]
        for value in prose:
            match value:
                case ast.Constant(value=str(text)) if "versions" not in path.parts:
                    place = f"{path.relative_to(ROOT)}:{value.lineno}"
                    texts.append(Docstring(place, text))
        names.update(_names(nodes, {id(value) for value in prose}))
    return frozenset(names), tuple(texts)


def _names(nodes: list[ast.AST], prose: set[int]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.Constant(value=str(text)) if id(node) not in prose:
                yield from re.findall(r"\w+", text)


@cache
def known() -> frozenset[str]:
    """Return all names: of code, of files and folders, and the words of data and contracts."""
    found = set(read()[0])
    for folder in ("hub", "adapters", "tests", "docs", "schemas", "script"):
        for path in (ROOT / folder).rglob("*"):
            found |= {path.name, path.stem}
            if folder in ("hub", "adapters", "schemas") and path.suffix in _DATA:
                found.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    for path in ROOT.iterdir():
        found |= {path.name, path.stem}
    return frozenset(found)


def gone(text: str) -> list[str]:
    """Return the names in backticks of a text of which a part is no name of the code."""
    return [
        name
        for name in _NAME.findall(text)
        if name not in ALLOWED
        and not {part for part in re.split(r"[./]", name) if part not in ("", "py")} <= known()
    ]


def test_a_docstring_names_only_what_is_there() -> None:
    """What was renamed or moved is renamed where it is explained, too."""
    wrong = [
        f"{docstring.place}: `{name}`" for docstring in read()[1] for name in gone(docstring.text)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_name_that_is_gone_is_found() -> None:
    """A module, a function with its brackets, and a file with its folder."""
    assert gone("see `is_nowhere`, `hub/rules/is_nowhere.py` and `states.is_nowhere()`") == [
        "is_nowhere",
        "hub/rules/is_nowhere.py",
        "states.is_nowhere",
    ]
    assert gone("see `hub/rules/deliveries/states.py` and `DeliveryState`") == []


def test_every_exception_stands_in_a_docstring() -> None:
    """A name that no docstring has any more leaves the list."""
    texts = "\n".join(docstring.text for docstring in read()[1])
    assert [name for name in ALLOWED if f"`{name}`" not in texts] == []
