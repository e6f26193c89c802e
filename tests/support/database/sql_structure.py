"""Reads the SELECTs of a statement's text and finds subqueries that lost their outer query.

Knows the SQL that the store issues (SQLAlchemy's, with qualified columns), not all of SQL.

A subquery that is meant for each row of an outer query names that query's table. SQLAlchemy leaves
the table to the outer query only where that query is the next one out; from two levels out, or with
`correlate` of another table, the subquery gets the table anew in its own FROM, and is then the same
for every row. The database runs such a statement without a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | %\(\w+\)s | :\w+ | [A-Za-z_][\w$]*(?:\.[A-Za-z_"][\w$"]*)*
    | \d[\w.]* | [(),] | [^\s\w(),'"]+ """,
    re.VERBOSE,
)
_AFTER_FROM = frozenset(
    [
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "FOR",
        "RETURNING",
        "ON",
        "SET",
        "VALUES",
        "WINDOW",
    ]
)
_EMPTY_LIST = "SELECT 1 FROM (SELECT 1) WHERE 1!=1"
"""SQLAlchemy's IN of nothing."""
_SET_WORDS = frozenset({"UNION", "EXCEPT", "INTERSECT"})

Tree = list["str | Tree"]


@dataclass
class Query:
    """One SELECT, UPDATE or DELETE of a statement."""

    use: str
    """How it is read: exists, scalar, member (IN, ARRAY), table (FROM, WITH), top."""
    outer: "Query | None"
    tables: list[str] = field(default_factory=list)
    """What its FROM holds, by the names that columns are qualified with."""
    listed: int = 0
    """How many of its FROM stand side by side with commas, without a JOIN."""
    qualifiers: set[str] = field(default_factory=set)
    """What the columns in it, and in the subqueries in it, are qualified with."""

    def enclosing(self) -> Iterator["Query"]:
        """Yield the queries around it, whose tables it may name."""
        query = self
        while query.outer is not None and query.use != "table":
            query = query.outer
            yield query


def lost_subqueries(sql: str) -> list[str]:
    """Return what is wrong with each subquery that does not reach the query around it."""
    found = []
    for query in queries(sql):
        if query.outer and not query.tables:
            found.append("a subquery selects from nothing")
        around = {name for outer in query.enclosing() for name in outer.tables}
        again = around & set(query.tables)
        if again and query.listed > 1:
            found.append(f"a subquery has {sorted(again)} of an outer query in its own FROM again")
        elif query.use in ("exists", "scalar") and around and not query.qualifiers & around - again:
            found.append(f"a subquery of {query.tables} refers to nothing of {sorted(around)}")
    return found


def queries(sql: str) -> list[Query]:
    """Return every query of a statement."""
    found: list[Query] = []
    text = sql.replace(_EMPTY_LIST, "NULL")
    _read(_tree(iter(_TOKEN.findall(text))), "top", None, found)
    return found


def _tree(tokens: Iterator[str]) -> Tree:
    tree: Tree = []
    for token in tokens:
        if token == "(":
            tree.append(_tree(tokens))
        elif token == ")":
            break
        else:
            tree.append(token)
    return tree


def _read(tree: Tree, use: str, outer: Query | None, found: list[Query]) -> None:
    """Read the queries of one pair of parentheses: one, or several of a UNION."""
    begin = 0
    for end in [*(i for i, it in enumerate(tree) if str(it) in _SET_WORDS), len(tree)]:
        query = Query(use, outer)
        found.append(query)
        _read_one(tree[begin:end], query, found)
        begin = end + 1


def _read_one(tree: Tree, query: Query, found: list[Query]) -> None:  # noqa: C901
    parts: list[tuple[Tree, str]] = []
    in_from, last, item = False, "", 0
    for place, it in enumerate(tree):
        word = it.upper() if isinstance(it, str) else ""
        if isinstance(it, list):
            parts.append((it, _use(last, in_from=in_from)))
            if in_from and item == 0:
                query.tables.append("")  # its name comes behind AS
                item = 1
        elif word in ("FROM", "UPDATE") and not _is_lock(tree, place):
            in_from, item = True, 0
            query.listed += 1
        elif word in _AFTER_FROM:
            in_from = in_from and word == "ON"
            item = 2
        elif in_from and (word == "," or word == "JOIN"):
            query.listed += word == ","
            item = 0
        elif in_from and item == 0 and word not in ("ONLY", "LATERAL"):
            query.tables.append(str(it).strip('"'))
            item = 1
        elif in_from and item == 1 and last == "AS":
            query.tables[-1:] = [str(it).strip('"')]
        if "." in word and word[0] != "'":
            query.qualifiers.add(str(it).split(".")[0].strip('"'))
        last = word
    for part, use in parts:
        _read_part(part, use, query, found)


def _is_lock(tree: Tree, place: int) -> bool:
    """Tell FOR UPDATE, DO UPDATE and IS DISTINCT FROM from what begins a FROM."""
    before = tree[place - 1] if place else ""
    return isinstance(before, str) and before.upper() in ("FOR", "DO", "DISTINCT")


def _use(before: str, *, in_from: bool) -> str:
    if before in ("AS", "MATERIALIZED") or (in_from and before in ("FROM", "JOIN", ",")):
        return "table"
    return {"EXISTS": "exists", "IN": "member", "ARRAY": "member"}.get(before, "scalar")


def _read_part(part: Tree, use: str, outer: Query, found: list[Query]) -> None:
    first = part[0] if part else ""
    if isinstance(first, str) and first.upper() in ("SELECT", "WITH", "UPDATE", "DELETE", "INSERT"):
        count = len(found)
        _read(part, use, outer, found)
        if use != "table":
            for query in found[count:]:
                outer.qualifiers |= query.qualifiers
        return
    for it in part:  # plain parentheses
        if isinstance(it, str) and "." in it and not it.startswith("'"):
            outer.qualifiers.add(it.split(".")[0].strip('"'))
    before = ""
    for it in part:
        if isinstance(it, list):
            _read_part(it, _use(before, in_from=False), outer, found)
        before = it.upper() if isinstance(it, str) else ""
