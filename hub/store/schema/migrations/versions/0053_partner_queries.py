"""Queries of replay plans and comparisons count for the quotas of their partner."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.create_table(
        "partner_queries",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
        comment="Queries of plans and comparisons to partners with a quota, of one hour",
    )


def downgrade() -> None:
    op.drop_table("partner_queries")
