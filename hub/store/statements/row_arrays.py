"""Rows of a table as arrays, for PostgreSQL's statements that do several things with them at once.

What runs for many rows and does one thing needs none of this: see `Compiled.run_each`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant
from hub.store.statements.arrays import ARRAY_OF

_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "BOOLEAN"),
    (Instant, "BIGINT"),
    (sa.BigInteger, "BIGINT"),
    (sa.Integer, "INTEGER"),
    (sa.LargeBinary, "BYTEA"),
    (sa.Text, "TEXT"),
)


class RowArrays:
    """The columns of rows that come as one array each, named as the columns."""

    def __init__(self, columns: Iterable[sa.Column[Any]]) -> None:
        self._kinds = {column.name: _kind(column.type) for column in columns}

    @property
    def names(self) -> str:
        """The columns, as a list of SQL."""
        return ", ".join(self._kinds)

    @property
    def rows(self) -> str:
        """The rows, as what stands behind FROM: a call with parameters."""
        return f"unnest({', '.join(f'CAST(:{n} AS {kind}[])' for n, kind in self._kinds.items())})"

    def values(self, rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """Return the parameters for rows, which may hold more than these columns."""
        return {n: ARRAY_OF[kind]([row[n] for row in rows]) for n, kind in self._kinds.items()}


def _kind(type: sa.types.TypeEngine[Any]) -> str:
    return next(kind for known, kind in _KINDS if isinstance(type, known))
