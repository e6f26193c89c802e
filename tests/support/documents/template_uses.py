"""Where the templates of console and counter use texts of the catalogue: the calls of `t`."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from tests.support.documents.commands import ROOT

TEMPLATES = (ROOT / "hub/console/templates", ROOT / "hub/counter/templates")


def calls() -> Iterator[tuple[str, nodes.Call]]:
    """Yield every call of `t` with its place."""
    for path in sorted(it for folder in TEMPLATES for it in folder.rglob("*.html")):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                yield f"{path.relative_to(ROOT)}:{call.lineno}", call


def patterns(node: nodes.Node) -> Iterator[tuple[str, bool]]:
    """Yield what an id may be: a literal, one of two, or literals with values between them."""
    if isinstance(node, nodes.CondExpr):
        yield from patterns(node.expr1)
        assert node.expr2 is not None
        yield from patterns(node.expr2)
    elif isinstance(node, nodes.Const):
        yield node.value, True
    else:
        assert isinstance(node, nodes.Concat), node
        parts = [
            re.escape(str(it.value)) if isinstance(it, nodes.Const) else "[a-z0-9_]+"
            for it in node.nodes
        ]
        yield "".join(parts), False


def vietnamese_lines(path: Path, letters: re.Pattern[str]) -> list[int]:
    """Return the lines of a template that hold a sentence instead of a text of the catalogue."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [n for n, line in enumerate(lines, 1) if letters.search(line)]
