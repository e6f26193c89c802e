"""Which growing tables a database would read as a whole for a statement, by its own EXPLAIN."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Store
from hub.store.schema.growing import GROWING
from tests.support.database.traced import Sent

_ALIAS = re.compile(r'\b(\w+) AS "?(\w+)"?')
_MARK = re.compile(r"%\((\w+)\)s|%s")
_TYPES = {str: "text", int: "bigint", bool: "boolean", bytes: "bytea", float: "float8"}


def scanned(store: Store, sent: Sent) -> set[str]:
    """Return the growing tables that a statement reads as a whole, in a store of its dialect."""
    if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sent.text):
        return set()
    with store.engine.connect() as connection:
        found = _sqlite if sent.dialect == "sqlite" else _postgresql
        tables = set(found(connection, sent))
        connection.rollback()
    return tables & GROWING


def _sqlite(connection: sa.Connection, sent: Sent) -> Iterator[str]:
    """A full scan; also that of an index, where the index holds every row."""
    names = {alias: table for table, alias in _ALIAS.findall(sent.text)}
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    partial = set(connection.exec_driver_sql(query).scalars())
    marks = tuple([None] * sent.text.count("?"))
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent.text}", marks):
        words = re.match(r"SCAN (\S+)(?: USING (?:COVERING )?INDEX (\S+))?", row[3])
        if words and words[2] not in partial:
            name = str(words.group(1))
            yield names.get(name, name)


def _postgresql(connection: sa.Connection, sent: Sent) -> Iterator[str]:
    """What has no index that begins with a column of its conditions, whatever the values are."""
    names: list[str] = []
    types: list[str] = []

    def place(mark: re.Match[str]) -> str:
        name = mark[1] or str(len(names))
        if name not in names:
            names.append(name)
            values = sent.values
            types.append(_type_of(values[name] if mark[1] else values[len(names) - 1]))
        return f"${names.index(name) + 1}"

    text = _MARK.sub(place, sent.text).replace("%%", "%")
    declared = f"({', '.join(types)})" if types else ""
    given = f"({', '.join(['NULL'] * len(types))})" if types else ""
    cursor = connection.connection.cursor()
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute(f"PREPARE checked{declared} AS {text}".encode())
    cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE checked{given}".encode())
    plans: Any = cursor.fetchall()[0][0]
    cursor.execute("DEALLOCATE checked")
    plans = json.loads(plans) if isinstance(plans, str) else plans
    yield from _whole(plans[0]["Plan"], _leading(connection), "")


def _type_of(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"{_type_of(value[0])}[]" if value else "text[]"
    if isinstance(value, datetime):
        return "bigint"
    return _TYPES.get(type(value), "unknown")


def _leading(connection: sa.Connection) -> dict[str, str]:
    """Return the first column of each index that holds every row, "" of a partial one."""
    query = """
        SELECT c.relname, CASE WHEN i.indpred IS NULL THEN a.attname ELSE '' END
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid > 16383"""
    return {row[0]: row[1] for row in connection.exec_driver_sql(query)}


def _whole(node: dict[str, Any], leading: dict[str, str], table: str) -> Iterator[str]:
    table = node.get("Relation Name", table)
    index = node.get("Index Name")
    if node["Node Type"] == "Seq Scan":
        yield table
    elif index:
        first = leading.get(index, "")
        if first and not re.search(rf"\b{first}\b", node.get("Index Cond", "")):
            yield table
    for child in node.get("Plans", ()):
        yield from _whole(child, leading, table)
