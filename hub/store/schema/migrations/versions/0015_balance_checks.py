"""Up to which delivery the balance was checked."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "balance_checks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("name IN ('full', 'ids')", name=op.f("ck_balance_checks_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_balance_checks")),
        comment="Up to which delivery nothing was wrong: by the timer's look at ids, by a full balance",
    )
