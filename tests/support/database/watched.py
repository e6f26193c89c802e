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
    real = compiled._on_cursor

    def noted(tx: sa.Connection, sql: str, work: Callable[[Any], Any]) -> Any:
        done = real(tx, sql, work)
        note(sql)
        return done

    patch.setattr(compiled, "_on_cursor", noted)
    sa.event.listen(store.engine, "after_cursor_execute", lambda *given: note(given[2]))
