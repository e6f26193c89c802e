"""What to read for one way through the hub: the lists of ARCHITECTURE, held against the imports."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.documents.commands import ROOT

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DETAILS = (ROOT / "docs/four-ways.md").read_text(encoding="utf-8")
AT_MOST = {"A": 9, "B": 14, "C": 12, "D": 12}
"""Files that an engineer has to read to follow a way."""
DETAILS_AT_MOST = 31
APPLICATION = "hub/gateway/app.py"


@dataclass(frozen=True)
class Step:
    """A file of a way, and what leads to it where no file before imports it."""

    path: str
    through: str = ""
    """A port of `hub/ports` that it implements, the function of `hub/messages/queues.py` that names
    the queue that it takes work from, `Role`: the hub starts it beside the others, or `app`: the
    gateway's application installs its routes."""


def ways_of(text: str) -> dict[str, list[Step]]:
    """Return the ways that a document lists, by letter."""
    (section,) = re.findall(r"^## The four ways\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    parts = re.split(r"^\*\*([A-Z])\. .*$", section, flags=re.MULTILINE)
    step = re.compile(r"^([\w/]+\.py)(?: \((\w+)\))?$", re.MULTILINE)
    return {
        letter: [Step(*found) for found in step.findall(items)]
        for letter, items in zip(parts[1::2], parts[2::2], strict=True)
    }


def details_of(text: str) -> dict[str, str]:
    """Return files and folders that are no part of a way, each with the reason."""
    return dict(re.findall(r"^\| `([\w/.]+)` \| (.+?) \|$", text, re.MULTILINE))


WAYS = ways_of(ARCHITECTURE)
STEPS = [
    pytest.param(letter, n, id=f"{letter}{n + 1}")
    for letter in WAYS
    for n in range(len(WAYS[letter]))
]


@cache
def tree(path: str) -> ast.Module:
    """Return a file of the repository, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports_of(path: str) -> frozenset[str]:
    """Return the files of the repository that a file imports, also by the name of a package."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {file_of(node.module, alias.name) for alias in node.names}
    return frozenset(found - {""})


def file_of(module: str, name: str) -> str:
    """Return the file that a name of a module comes from, "" where it is not of the repository."""
    place = module.replace(".", "/")
    for file in (f"{place}/{name}.py", f"{place}.py"):
        if (ROOT / file).is_file():
            return file
    package = f"{place}/__init__.py"
    for node in tree(package).body if (ROOT / package).is_file() else ():
        if isinstance(node, ast.ImportFrom) and node.module and name in names_of(node):
            return file_of(node.module, name)
    return ""


def names_of(node: ast.ImportFrom) -> set[str]:
    """Return the names that an import makes known."""
    return {alias.asname or alias.name for alias in node.names}


def names_in(path: str) -> set[str]:
    """Return the names that a file uses."""
    nodes = list(ast.walk(tree(path)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name)}


def methods_of(node: ast.ClassDef) -> set[str]:
    """Return the public methods of a class."""
    return {
        item.name
        for item in node.body
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")
    }


@cache
def ports() -> dict[str, set[str]]:
    """Return the protocols of `hub/ports` with their methods."""
    return {
        node.name: methods_of(node)
        for path in sorted((ROOT / "hub/ports").glob("*.py"))
        for node in tree(path.relative_to(ROOT).as_posix()).body
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
    }


def is_reached(step: Step, before: list[str]) -> bool:
    """Tell whether a file is imported by one before it, or is behind what leads to it."""
    if step.through == "app":
        return step.path in imports_of(APPLICATION)
    if not step.through:
        return any(step.path in imports_of(path) for path in before)
    classes = [node for node in tree(step.path).body if isinstance(node, ast.ClassDef)]
    if step.through == "Role":
        return any("Role" in map(ast.unparse, node.bases) for node in classes)
    if step.through in ports():
        implemented = any(ports()[step.through] <= methods_of(node) for node in classes)
        return implemented and any(step.through in names_in(path) for path in before)
    queues = {n.name for n in tree("hub/messages/queues.py").body if isinstance(n, ast.FunctionDef)}
    return step.through in queues and step.through in names_in(step.path)


def unnamed(paths: list[str], details: dict[str, str]) -> set[str]:
    """Return modules of gateway, exchange and store that no list names and the files import."""
    seen = {file for path in paths for file in imports_of(path)}
    inner = {
        file for file in seen if file.startswith(("hub/gateway/", "hub/exchange/", "hub/store/"))
    }
    return {
        file
        for file in inner - set(paths)
        if file not in details and f"{Path(file).parent.as_posix()}/" not in details
    }


def test_the_ways_are_as_short_as_they_have_to_be() -> None:
    """No more files than the limit, each once, and each there."""
    assert WAYS.keys() == AT_MOST.keys()
    for letter, steps in WAYS.items():
        paths = [step.path for step in steps]
        assert 1 < len(paths) <= AT_MOST[letter], letter
        assert len(set(paths)) == len(paths), letter
        assert [path for path in paths if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize(("letter", "place"), STEPS)
def test_each_file_of_a_way_is_reached_from_one_before_it(letter: str, place: int) -> None:
    """By an import; else as its step says: by a port, by a queue, or as a role."""
    steps = WAYS[letter]
    before = [step.path for step in steps[:place]]
    assert place == 0 or is_reached(steps[place], before), steps[place]


@pytest.mark.parametrize("letter", WAYS)
def test_no_module_of_a_way_is_left_out_without_a_reason(letter: str) -> None:
    """What its files import of gateway, exchange and store is listed, or named as a detail."""
    assert unnamed([step.path for step in WAYS[letter]], details_of(DETAILS)) == set()


def test_each_detail_is_needed_and_has_a_reason() -> None:
    """A file that no way imports any more leaves the list, which stays short."""
    details, listed = details_of(DETAILS), [step.path for way in WAYS.values() for step in way]
    assert 0 < len(details) <= DETAILS_AT_MOST
    assert [name for name, why in details.items() if len(why.split()) < 4] == []
    for name in details:
        others = {other: why for other, why in details.items() if other != name}
        assert any(unnamed([step.path for step in way], others) for way in WAYS.values()), (
            f"{name} is no detail of a way"
        )
    assert listed


def test_a_module_that_is_left_out_is_found() -> None:
    """As is a file that nothing before it leads to."""
    path = "hub/exchange/intake/accept.py"
    assert "hub/store/messages/journal.py" in unnamed([path], {})
    assert "hub/store/messages/journal.py" not in unnamed([path], {"hub/store/messages/": "-"})
    assert not is_reached(Step("hub/exchange/outbox/relay.py"), [path])
    assert is_reached(Step("hub/store/messages/journal.py"), [path])
    assert not is_reached(Step("hub/broker/rabbit/consumer.py", "Publisher"), [path])
    assert not is_reached(Step("hub/gateway/request_body.py", "app"), [path])
