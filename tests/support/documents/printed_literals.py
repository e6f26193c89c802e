"""Which string literals of a module reach a person: sentences that belong into the catalogue.

Read from the syntax tree: an argument of a call that prints, refuses or reports, also one that was
first put into a name of the same function or of the module. Not found: a literal that travels
through a return value or an attribute.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.documents.sources import tree_of

PRINTING = {
    "Check": 1,
    "Refusal": 0,
    "SettingsError": 0,
    "ProfileProblem": 2,
    "ProposalLine": 2,
    "RehearsalFinding": 2,
    "Taught": 1,
    "TopologyDifference": 0,
    "TopologyProblem": 1,
    "VersionCheck": 0,
    "NoOwnVhost": 0,
    "NotTried": 0,
    "confirmed": 0,
    "learn": 2,
    "teach_code": 3,
    "teach_end": 2,
    "done": 0,
    "not_done": 0,
    "print": 0,
    "refuse": 0,
    "print_line": 0,
    "warn": 0,
    "echo": 0,
    "_problem": 1,
}
"""Calls whose arguments a person reads, from which place on; before it stand names and ids."""
WRITING = {"sys.stderr.write", "sys.stdout.write", "problems.append", "mistakes.append"}
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:]? [^\W\d_]{2,}")
"""Two words beside each other; a command (`hub tasks`) or an id has none outside back quotes."""
_QUOTED = re.compile(r"`[^`]*`")


_ANY_CALL = re.compile(
    rf"(?<!\w)(?:{'|'.join([*PRINTING, *(re.escape(name) for name in WRITING)])})\s*\("
)
"""Text of a module that calls none of them has no such call in its tree; most have none."""


@cache
def printed_sentences(
    path: Path, *, evidence: frozenset[str] = frozenset()
) -> tuple[tuple[int, str], ...]:
    """Return line and text of every literal that a person would read in one language.

    `evidence` are calls of this module whose words are technical causes, no advice.
    """
    if not _ANY_CALL.search(path.read_text(encoding="utf-8")):
        return ()
    return tuple(_printed(tree_of(path), evidence))


def _printed(tree: ast.Module, evidence: frozenset[str]) -> Iterator[tuple[int, str]]:
    constants = _assigned(tree.body)
    for scope in [tree, *(it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef))]:
        names = constants | _assigned(list(_own(scope)))
        for node in _own(scope):
            if isinstance(node, ast.Call):
                for argument in _read_by_a_person(node, evidence):
                    for found in _literals(argument, names):
                        yield node.lineno, found


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function or module without those of the functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own(child)


def _assigned(nodes: list[ast.AST] | list[ast.stmt]) -> dict[str, list[ast.expr]]:
    """Return what names are set to, all of it."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def _read_by_a_person(call: ast.Call, evidence: frozenset[str]) -> list[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if ast.unparse(call.func) in WRITING:
        return call.args
    if name not in PRINTING or name in evidence:
        return []
    named = [it.value for it in call.keywords if it.arg not in {"style", "subject", "end"}]
    return [*call.args[PRINTING[name] :], *named]


def _literals(
    node: ast.expr, names: dict[str, list[ast.expr]], seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield the sentences of an expression; what a call is given becomes a value, no sentence."""
    match node:
        case ast.Name(id=name):
            parts = [] if name in seen else names.get(name, [])
            seen |= {name}
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.BoolOp(values=values):
            parts = values
        case _:
            parts = []
    for part in parts:
        yield from _literals(part, names, seen)
    words = _words(node)
    if _SENTENCE.search(_QUOTED.sub("", words)):
        yield words


def _words(node: ast.expr) -> str:
    """Return the text of a literal, `{}` for each value in it; "" for what is none."""
    match node:
        case ast.Constant(value=str() as words):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(str(it.value) if isinstance(it, ast.Constant) else "{}" for it in parts)
    return ""
