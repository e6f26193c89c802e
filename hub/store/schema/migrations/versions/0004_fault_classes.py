"""Reply codes that nobody knew, and what a person said that they mean."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "fault_classes",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('delivered', 'permanent', 'transient')",
            name=op.f("ck_fault_classes_verdict"),
        ),
        sa.PrimaryKeyConstraint("partner", "operation", "code", name=op.f("pk_fault_classes")),
        comment="Reply codes that nobody knew: one row is one task to classify, until it has a verdict",
    )
