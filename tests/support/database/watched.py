"""Tells of each statement that was compiled once and has run: SQLAlchemy's own events miss them."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store.engine.store import Store
from hub.store.statements import compiled


def after_each_statement(
    patch: pytest.MonkeyPatch, store: Store, note: Callable[[str], None]
) -> None:
    """Call `note` with the text of each statement that has run, compiled once or not."""
    real = compiled._executed

    def executed(tx: sa.Connection, sql: str, given: Any) -> Any:
        cursor = real(tx, sql, given)
        note(sql)
        return cursor

    patch.setattr(compiled, "_executed", executed)
    sa.event.listen(store.engine, "after_cursor_execute", lambda *given: note(given[2]))
