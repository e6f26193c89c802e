"""Functions stay under 40 lines. The longer ones that are there are named, and get fewer."""

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.support.documents.sources import ROOT, modules, tree_of

LIMIT = 40
NAMED = Path(__file__).with_name("long_functions.toml")
RELEASED = ROOT / "hub/store/schema/migrations/versions"
"""A released step of a migration is never edited."""


def long_functions(tree: ast.Module, module: str) -> Iterator[tuple[str, int]]:
    """Yield `module.function` and its lines for each function that is not under the limit."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= LIMIT:
                yield f"{module}.{node.name}", lines


def test_no_function_is_long_but_those_that_are_named() -> None:
    """A new one is split before it lands; a named one does not grow, and leaves the list when it
    is short. Names are without folders, so that moving a module changes nothing here.
    """
    allowed: dict[str, int] = tomllib.loads(NAMED.read_text(encoding="utf-8"))["lines"]
    found = Counter[str]()
    for path in modules("hub", "adapters", "tests"):
        if path.parent != RELEASED:
            for name, lines in long_functions(tree_of(path), path.stem):
                found[name] = max(found[name], lines)
    assert {name: lines for name, lines in found.items() if lines > allowed.get(name, 0)} == {}
    assert set(allowed) - set(found) == set(), f"no longer long: take them out of {NAMED.name}"


def test_a_long_function_is_found_wherever_it_stands() -> None:
    """Decorated, asynchronous, in a class or in another function."""
    body = "        pass\n" * (LIMIT - 1)
    source = f"class A:\n    async def long(self):\n{body}\n    def short(self):\n        pass\n"
    assert list(long_functions(ast.parse(source), "a")) == [("a.long", LIMIT)]
