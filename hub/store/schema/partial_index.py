"""Indexes over some of a table's rows, declared without loading the dialects of both databases.

SQLAlchemy checks an argument like `postgresql_where` by loading that database's whole dialect, a
seventh of what a command loads. Nothing needs it to run a statement. So the condition is kept aside
until somebody wants the DDL: a migration, or a test that compares the schema with the tables.
"""

from typing import Any

import sqlalchemy as sa

_WHERE = "where"
DATABASES = ("sqlite", "postgresql")


def partial_index(
    name: str, *columns: sa.ColumnElement[Any], where: sa.TextClause, unique: bool = False
) -> None:
    """Declare an index over the rows for which `where` holds; it belongs to the columns' table."""
    sa.Index(name, *columns, unique=unique, info={_WHERE: where})


def with_conditions(metadata: sa.MetaData) -> sa.MetaData:
    """Return the metadata with the conditions where SQLAlchemy looks for them; for DDL."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if _WHERE in index.info:
                for database in DATABASES:
                    index.dialect_options[database]["where"] = index.info[_WHERE]
    return metadata
