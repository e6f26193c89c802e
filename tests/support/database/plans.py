"""What PostgreSQL really did for each statement of a session, by its own extension auto_explain."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.store.engine.store import Store

_SETTINGS = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_timing = off",
    "SET auto_explain.log_buffers = on",
    "SET auto_explain.log_format = json",
    "SET auto_explain.log_level = notice",
    "SET auto_explain.log_nested_statements = on",
)


@dataclass(frozen=True, slots=True)
class Done:
    """One statement that was carried out."""

    text: str
    rows: int
    """Rows that its scans looked at, also those that they threw away."""
    pages: int
    """Pages that it touched."""
    plan: dict[str, Any]


@contextmanager
def carried_out(store: Store) -> Iterator[list[Done]]:
    """Collect what is carried out on new connections of the store during the block."""
    seen: list[Done] = []

    def note(notice: Any) -> None:
        text = notice.message_primary or ""
        if "plan:" in text:
            found = json.loads(text.split("plan:", 1)[1])
            plan = found["Plan"]
            pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            statement = re.sub(r"\s+", " ", found["Query Text"])
            seen.append(Done(statement, _rows(plan), pages, plan))

    def connected(raw: Any, _record: object) -> None:
        for setting in _SETTINGS:
            raw.execute(setting)
        raw.commit()
        raw.add_notice_handler(note)

    sa.event.listen(store.engine, "connect", connected)
    try:
        yield seen
    finally:
        sa.event.remove(store.engine, "connect", connected)


def _rows(node: dict[str, Any]) -> int:
    own = 0
    if "Relation Name" in node and "Scan" in node["Node Type"]:
        removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        own = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return int(own * node["Actual Loops"]) + sum(map(_rows, node.get("Plans", ())))
