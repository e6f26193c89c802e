"""Dossiers that something keeps are looked at again later, not in every run of the archive."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

CLOSED = "status IN (3, 7, 8, 9, 10)"
UNERASED = "status IN (3, 7, 8, 9, 10) AND erased_at IS NULL"


def upgrade() -> None:
    for table, column in (
        ("dossiers", "archive_again"),
        ("dossiers", "erase_again"),
        ("archived_dossiers", "erase_again"),
    ):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    _index("ix_dossiers_closed", "dossiers", "coalesce(archive_again, status_at)", CLOSED)
    _index("ix_dossiers_unerased", "dossiers", "coalesce(erase_again, status_at)", UNERASED)
    name, table = "ix_archived_dossiers_readable", "archived_dossiers"
    _index(name, table, "coalesce(erase_again, closed_at)", "erased_at IS NULL")


def _index(name: str, table: str, since: str, condition: str) -> None:
    """Make an index of 0019 anew."""
    op.drop_index(name, table)
    where = sa.text(condition)
    op.create_index(
        name, table, [sa.text(since), "number"], sqlite_where=where, postgresql_where=where
    )
