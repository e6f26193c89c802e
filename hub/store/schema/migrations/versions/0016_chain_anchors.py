"""Up to which row the chained logs were verified."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "chain_anchors",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_anchors")),
        comment="Up to which row each chained log was last verified, when, by whom",
    )
