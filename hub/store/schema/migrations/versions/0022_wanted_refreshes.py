"""How many files of a dossier the province was told of, and when a page came that it was not."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    files_told = sa.Column("files_told", sa.Integer(), server_default="0", nullable=False)
    op.add_column("dossiers", files_told)
    op.add_column("dossiers", sa.Column("refresh_wanted_at", sa.BigInteger(), nullable=True))
    wanted = sa.text("refresh_wanted_at IS NOT NULL")
    op.create_index(
        "ix_dossiers_refresh",
        "dossiers",
        ["refresh_wanted_at"],
        sqlite_where=wanted,
        postgresql_where=wanted,
    )
