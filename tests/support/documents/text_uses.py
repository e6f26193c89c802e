"""Where the code uses texts of the catalogue, and which strings of it hold Vietnamese."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.documents import template_uses
from tests.support.documents.commands import ROOT
from tests.support.documents.sources import modules, tree_of
from tests.support.documents.template_uses import patterns

FOLDER = ROOT / "hub/texts"
RUNBOOK_FILES = frozenset({"doctor", "log_events", "settings"})
"""Files of that folder that `script/docs` reads; they hold no texts of the catalogue."""
_LETTERS = re.compile(
    "[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Use:
    """A call of `text` or `both`: where, its id, the values that it hands over."""

    place: str
    id: str
    """The id itself, or a pattern of several."""
    values: frozenset[str]
    exact: bool
    """Whether the id stands there as one literal."""
    open: bool
    """Whether there are more values than can be read from the call (`**values`)."""

    def concerned(self) -> list[str]:
        """Return the ids of the texts that it may use."""
        if self.exact:
            # Far quicker than a pattern for each of a thousand uses and texts.
            return [self.id] if (self.id in catalogue()) else []
        pattern = re.compile(self.id)
        return [id for id in catalogue() if pattern.fullmatch(id)]


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by its id: language -> sentence."""
    return {
        f"{path.stem}.{entry}": languages
        for path in sorted(FOLDER.glob("*.toml"))
        if path.stem not in RUNBOOK_FILES
        for entry, languages in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def fields(sentence: str) -> set[str]:
    """Return the names of the values that a sentence needs, as they stand between its braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def sources() -> list[Path]:
    """Return the product's modules."""
    return list(modules("hub", "adapters"))


@cache
def uses() -> tuple[Use, ...]:
    """Return every use of a text in the product, templates of pages among it."""
    found = [use for path in sources() for use in _uses_in(path)]
    for place, call in template_uses.calls():
        given = frozenset(it.key for it in call.kwargs)
        found += [Use(place, it, given, exact, False) for it, exact in patterns(call.args[0])]
    return tuple(found)


def _uses_in(path: Path) -> Iterator[Use]:
    source = path.read_text(encoding="utf-8")
    if "hub.texts" not in source or path.parent == FOLDER:
        return
    tree = tree_of(path)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "hub.texts"
        for alias in node.names
        if alias.name in {"text", "both"}
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            given = frozenset(it.arg for it in node.keywords if it.arg is not None)
            rest = any(it.arg is None for it in node.keywords)
            for pattern, exact in _patterns(node.args[0], place):
                yield Use(place, pattern, given, exact, rest)


def _patterns(node: ast.expr, place: str) -> Iterator[tuple[str, bool]]:
    """Yield what an id may be: a literal, one of two, or literals with names between them."""
    if isinstance(node, ast.IfExp):
        yield from _patterns(node.body, place)
        yield from _patterns(node.orelse, place)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, True
    elif isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(it.value)) if isinstance(it, ast.Constant) else "[a-z0-9_]+"
            for it in node.values
        ]
        yield "".join(parts), False
    else:
        raise AssertionError(
            f"{place}: the id of a text stands in the call, or begins with its file"
        )


def vietnamese_strings(path: Path) -> list[int]:
    """Return the lines of a module on which a string, no docstring, has Vietnamese letters."""
    source = path.read_text(encoding="utf-8")
    if not _LETTERS.search(source) and "\\u" not in source and "\\N" not in source:
        return []
    tree = tree_of(path)
    explained = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in explained
        and _LETTERS.search(node.value)
    ]
