"""Functions stay under 40 lines. The longer ones that are there are named, and get fewer."""

import ast
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.support.documents.sources import ROOT, modules, tree_of

LIMIT = 40
NAMED = Path(__file__).with_name("long_functions.toml")
RELEASED = ROOT / "hub/store/schema/migrations/versions"
"""A released step of a migration is never edited."""
_HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


def long_functions(tree: ast.Module, file: str) -> Iterator[tuple[str, int]]:
    """Yield `file function` and its lines for each function that is not under the limit."""
    statements: list[ast.AST] = list(tree.body)
    while statements:
        node = statements.pop()
        statements += (it for it in ast.iter_child_nodes(node) if isinstance(it, _HOLDS_STATEMENTS))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= LIMIT:
                yield f"{file} {node.name}", lines


def test_no_function_is_long_but_those_that_are_named() -> None:
    """A new one is split before it lands. A named one does not grow: its number is its length, and
    goes down with it; a short one leaves the list.
    """
    allowed: dict[str, int] = tomllib.loads(NAMED.read_text(encoding="utf-8"))["lines"]
    found: dict[str, int] = {}
    for path in modules("hub", "adapters", "tests"):
        if path.parent != RELEASED:
            for name, lines in long_functions(tree_of(path), str(path.relative_to(ROOT))):
                found[name] = max(found.get(name, 0), lines)
    assert {name: lines for name, lines in found.items() if lines > allowed.get(name, 0)} == {}
    spare = {name: lines for name, lines in allowed.items() if lines > found.get(name, 0)}
    assert spare == {}, f"shorter by now: lower or take out their numbers in {NAMED.name}"


def test_a_long_function_is_found_wherever_it_stands() -> None:
    """Decorated, asynchronous, in a class, in another function or in a branch."""
    body = "        pass\n" * (LIMIT - 1)
    source = f"class A:\n    async def long(self):\n{body}\n    def short(self):\n        pass\n"
    assert list(long_functions(ast.parse(source), "a.py")) == [("a.py long", LIMIT)]
    branches = ("if x:\n    1\nelse:", "try:\n    1\nexcept E:", "match x:\n  case 1:")
    for branch in branches:
        inside = branch + textwrap.indent("\n" + source, "    ")
        assert list(long_functions(ast.parse(inside), "a.py")) == [("a.py long", LIMIT)]
