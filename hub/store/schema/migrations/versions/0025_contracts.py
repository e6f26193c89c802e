"""The contracts that partners serve."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "contracts",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger()),
        sa.Column("since", sa.BigInteger()),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("differs", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner"),
        comment="The contract that a partner serves, as it was read last; when it is asked for next",
    )


def downgrade() -> None:
    op.drop_table("contracts")
