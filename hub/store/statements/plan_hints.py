"""Words of statements by which a database can be told how to find rows, whatever it believes.

PostgreSQL compares the ways by its statistics and by the size that a table had when the plan was
made. Where these are wrong it takes any way for short. So a statement leaves it one way only: what
is not written as a plain column is served by no index, and what is chosen first is not joined.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from hub.store.engine.store import Tx

_NOTHING: sa.ColumnElement[str] = sa.literal_column("''")


def unindexed(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return a column of text as an expression that no index serves."""
    return sa.func.coalesce(column, _NOTHING)


def checked(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return conditions on rows that are found by something else: no index serves them."""
    return sa.case((sa.and_(*conditions), sa.true()), else_=sa.false())


class among_chosen(sa.ColumnElement[bool]):  # noqa: N801 - as `among`
    """Tells whether `column` holds one of what `query` chose, once, before anything is looked at.

    A plain IN lets PostgreSQL join the two, in the order that its statistics call shorter, and run
    the query again for each row.
    """

    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[Any], query: sa.Select[Any]) -> None:
        self.column = column
        self.query = query


@compiles(among_chosen, "sqlite")
def _chosen_on_sqlite(element: among_chosen, compiler: Any, **options: Any) -> str:
    column, query = (compiler.process(it, **options) for it in (element.column, element.query))
    return f"{column} IN ({query})"


@compiles(among_chosen, "postgresql")
def _chosen_on_postgresql(element: among_chosen, compiler: Any, **options: Any) -> str:
    column, query = (compiler.process(it, **options) for it in (element.column, element.query))
    return f"{column} = ANY (ARRAY ({query}))"


def each(dialect: str, name: str) -> sa.TableValuedAlias:
    """Return the list that comes as parameter `name` as rows; its column is `value`."""
    values: sa.BindParameter[Any] = sa.bindparam(name)
    if dialect == "sqlite":
        return sa.func.json_each(values).table_valued("value", name="listed")
    rows = sa.func.unnest(sa.cast(values, sa.ARRAY(sa.Text)))
    return rows.table_valued("value", name="listed").render_derived()


@contextmanager
def in_the_order_of_an_index(tx: Tx) -> Iterator[None]:
    """Have the first rows of an order read in that order, not all of them to be sorted.

    For statements of the block that end in LIMIT, and have an index of their order.
    """
    if tx.dialect.name != "postgresql":
        yield
        return
    tx.exec_driver_sql("SET LOCAL enable_sort = off")
    yield
    tx.exec_driver_sql("SET LOCAL enable_sort = on")
