"""Comparisons that persons order on the console, and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "comparisons",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("by_list", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("examined", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("result", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("form", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('done', 'wanted')", name=op.f("ck_comparisons_state")),
        sa.CheckConstraint(
            "(state = 'done') = (result IS NOT NULL)", name=op.f("ck_comparisons_done_has_result")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_comparisons")),
        comment="Comparisons that persons ordered on the console, and the differences that they found",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comparisons_form", "comparisons", ["form"], unique=True)
