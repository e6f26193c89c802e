"""Our own modules as syntax trees, for the tests that read them."""

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]


def modules(*folders: str) -> Iterator[Path]:
    """Yield every module of these folders, sorted."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a module.

    Without the collector of garbage meanwhile: a tree holds none, and walking through it again and
    again takes twice as long as the parser. Not kept: a thousand trees slow down all that follows.
    """
    source, collects = path.read_text(encoding="utf-8"), gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if collects:
            gc.enable()
