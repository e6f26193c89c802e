"""No code takes "not the province" for the town: what differs by partner is in a table.

A comparison with a partner's name belongs to the ward's own process, or it is a mistake. Each file
that has one is listed with its reason; a file that has none any more leaves the list.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from hub.messages import partners

ROOT = Path(__file__).parents[3]
NAMES = {name for it in partners.PARTNERS.values() for name in (it.destination, it.short)}
CONSTANTS = {
    name for name, value in vars(partners).items() if isinstance(value, str) and value in NAMES
}
ALLOWED = {
    "hub/operations/comparison/daily.py": "the province is sent every dossier's status",
    "hub/operations/deliveries/cancellation.py": "only the town is given papers",
    "hub/records/dossiers/partner_calls.py": "a partner's own step is not sent back to it",
}


def comparisons(tree: ast.Module) -> Iterator[int]:
    """Yield the lines of a module where something is compared with the name of a partner."""
    constants = CONSTANTS | set(_constants_of(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            compared = [node.value]
        else:
            continue
        if any(_names_a_partner(it, constants) for it in compared):
            yield compared[0].lineno


def _constants_of(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives to the name of a partner."""
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name) and _names_a_partner(value, set()):
                    yield name.id


def _names_a_partner(node: ast.expr, constants: set[str]) -> bool:
    match node:
        case ast.Constant(value=str(value)):
            return value in NAMES
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in constants
        case ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.List(elts=parts):
            return any(_names_a_partner(part, constants) for part in parts)
    return False


def test_only_listed_files_compare_with_the_name_of_a_partner() -> None:
    """A third partner would quietly be the one that the comparison does not name."""
    found = {}
    for path in sorted((ROOT / "hub").rglob("*.py")):
        lines = list(comparisons(ast.parse(path.read_text(encoding="utf-8"))))
        if lines:
            found[path.relative_to(ROOT).as_posix()] = lines
    assert {path: lines for path, lines in found.items() if path not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found)


def test_a_comparison_with_the_name_of_a_partner_is_found() -> None:
    """By its text, by a constant of the declaration or of the module, in a set, in a match."""
    source = """
PROVINCE, TOWN = "province", "town"
a = url if partner == "province" else other
b = TOWN != partner
c = it.destination is catalog.TOWN_CENTER
d = partner in {"provincial", "devices"}
match partner:
    case "town":
        pass
e = level is Level.OTHER
"""
    assert sorted(comparisons(ast.parse(source))) == [3, 4, 5, 6, 8]
