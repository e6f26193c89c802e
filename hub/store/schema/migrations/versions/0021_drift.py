"""How partners' replies differ from their contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "drift",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("seen", BIG, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "operation", "kind", "place"),
        comment="What partners' replies have beside their contracts, or otherwise; without values",
    )


def downgrade() -> None:
    op.drop_table("drift")
